"""Read the command lines of mpirun and horovodrun."""

import pytest

from mpiaudit.inventory.mpirun import Launch, launches
from mpiaudit.inventory.template import Container


def calls(*words: str) -> tuple[Launch, ...]:
    """Return the launches of a container with *words* as its command."""
    return launches(Container.parse({"command": list(words)}))


def script(text: str) -> tuple[Launch, ...]:
    """Return the launches of a container that gives *text* to a shell."""
    return calls("/bin/bash", "-c", text)


def test_options_end_at_the_program() -> None:
    """The program's own -n is not taken for a number of ranks."""
    (launch,) = calls(
        "/opt/bin/mpirun",
        "--allow-run-as-root",
        "-mca",
        "btl",
        "^openib",
        "-np",
        "16",
        "perf",
        "-n",
        "20",
    )

    assert launch.runner == "mpirun"
    assert launch.options == (
        ("allow-run-as-root", ()),
        ("mca", ("btl", "^openib")),
        ("np", ("16",)),
    )
    assert launch.complete
    assert launch.ranks == 16


def test_command_and_args_are_one_line() -> None:
    """Manifests split mpirun from its arguments, and both halves count."""
    container = Container.parse({"command": ["mpirun"], "args": ["-n", "2", "/home/mpiuser/pi"]})

    assert [launch.ranks for launch in launches(container)] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "mpirun -np 4 prog",
        'echo "start; mpirun -np 9 x"\nexec mpirun \\\n  --bind-to core \\\n  -np 4 \\\n prog\n',
        "export A=1 && OMP_NUM_THREADS=2 mpirun -np 4 prog > /tmp/log 2>&1",
        "# mpirun -np 9 x\nenv A=b mpirun --np=4 prog",
        "for h in a b; do ssh $h true; done\nmpirun -np '4' -x A=\"$B c\" prog | tee log",
        "if true; then mpirun -np 4 prog; fi",
        "cd /x; sh -c 'mpirun -np 4 prog'",
    ],
)
def test_shell_is_followed(text: str) -> None:
    """Most real manifests hide mpirun in a script, and it counts all the same."""
    assert [launch.ranks for launch in script(text)] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "mpirun -np ${NP} prog",
        "mpirun -np $(nproc) prog",
        "mpirun $FLAGS -np 4 prog",
        "mpirun -np 4 $FLAGS prog",
        "mpirun --of-the-future -np 4 prog",
        "mpirun -np 4 --of-the-future prog",
        "mpirun -np 2 a : -np 2 b",
        "mpirun -np 4",
        "mpirun prog -np 4",
    ],
)
def test_unsure_number_of_ranks_is_none(text: str) -> None:
    """A number that a variable, or an unknown option, may change claims nothing."""
    assert [launch.ranks for launch in script(text)] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "bash << 'EOF'\nmpirun -np 4 prog\nEOF",
        "x=`mpirun -np 4 prog`",
        "run() { mpirun -np 4 prog; }; run",
        "echo 'unfinished",
        "numactl mpirun -np 4 prog",
    ],
)
def test_what_is_not_followed_is_no_launch(text: str) -> None:
    """Rather no finding than one about a line that never runs."""
    assert script(text) == ()


def test_horovodrun_is_a_runner() -> None:
    """Its own options are known too, abbreviations included."""
    (launch,) = calls("horovodrun", "-np", "2", "--min-np", "1", "--slots", "1", "python", "a.py")

    assert launch.runner == "horovodrun"
    assert launch.values("slots", "slots-per-host") == (("1",),)
    assert launch.has("min-np")
