"""Pages are decoded by several threads at once."""

import subprocess
import sys

RACE = """
import sys, threading
from mpiaudit.collect import kinds, pages
sys.setswitchinterval(1e-6)
known = [k for k in vars(kinds).values() if isinstance(k, kinds.Kind)]
raw = b'{"kind": "PodList", "metadata": {}, "items": [{"metadata": {"name": "pi"}}]}'

def decode(start):
    for n in range(500):
        pages.decode_page(known[(start + n) % len(known)], bytearray(raw))

threads = [threading.Thread(target=decode, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("decoded")
"""


def test_threads_that_begin_at_once_do_not_crash() -> None:
    """A scan of a large cluster must not end in a segmentation fault."""
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "decoded\n")
