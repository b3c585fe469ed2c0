"""However an archive is compressed, and however it comes, it is read, or one line says why not."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiaudit.collect import archive, files
from mpiaudit.collect.member import Limits
from mpiaudit.model import Location
from mpiaudit.reading import Reading

JOB = b"apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata:\n  name: pi\n"
ZSTANDARD = b"\x28\xb5\x2f\xfd\0\0\0"


def tar(content: bytes = JOB) -> bytes:
    """Return a tar file with one manifest."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as opened:
        entry = tarfile.TarInfo("a/job.yaml")
        entry.size = len(content)
        opened.addfile(entry, io.BytesIO(content))
    return plain.getvalue()


def zipped() -> bytes:
    """Return a zip file with one manifest."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as opened:
        opened.writestr("a/job.yaml", JOB)
    return plain.getvalue()


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "in.tar": bytes,
    "in.tar.gz": gzip.compress,
    "in.tar.bz2": bz2.compress,
    "in.tbz2": bz2.compress,
    "in.tar.xz": lzma.compress,
    "in.txz": lzma.compress,
    "download": lzma.compress,
}


def read(path: str, stdin: bytes | None = None) -> tuple[list[str], Reading, files.Kept]:
    """Return the objects at *path*, the reading, and what can be read only once."""
    kept: files.Kept = {}
    stream = None if stdin is None else io.BytesIO(stdin)
    reading = files.collect([path], None, stdin=stream, kept=kept)
    return [str(r.reference) for r in reading.resources], reading, kept


@pytest.mark.parametrize("name", COMPRESSED)
def test_every_compression_is_read(name: str, tmp_path: Path) -> None:
    """Nobody has to unpack what a colleague sent."""
    path = tmp_path / name
    path.write_bytes(COMPRESSED[name](tar()))

    found, reading, _ = read(str(path))

    assert found == ["MPIJob pi"]
    assert (reading.faults, reading.notes) == ([], [])


def test_parts_that_follow_each_other_are_read(tmp_path: Path) -> None:
    """A parallel compressor writes one part after the other."""
    path = tmp_path / "in.tar.bz2"
    whole = tar()
    path.write_bytes(bz2.compress(whole[:700]) + bz2.compress(whole[700:]))

    assert read(str(path))[0] == ["MPIJob pi"]


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
def test_what_is_cut_short_is_said(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Half an archive is never taken for a whole one."""
    path = tmp_path / "in.tar.xz"
    path.write_bytes(compress(tar(JOB + os.urandom(9000).hex().encode()))[:-3000])

    (fault,) = read(str(path))[1].faults

    assert fault.startswith(f"{path}: cut short, damaged or no archive: ")


def test_what_is_damaged_is_said(tmp_path: Path) -> None:
    """A broken download is one line."""
    path = tmp_path / "in.tar.xz"
    content = bytearray(lzma.compress(tar(JOB + os.urandom(9000).hex().encode())))
    content[2000:2040] = bytes(40)
    path.write_bytes(content)

    (fault,) = read(str(path))[1].faults

    assert fault.startswith(f"{path}: cut short, damaged or no archive: ")


def test_xz_may_not_take_all_memory(tmp_path: Path) -> None:
    """What a header asks for is not granted."""
    path = tmp_path / "in.tar.xz"
    wish = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29, "mode": lzma.MODE_FAST, "nice_len": 3,
             "mf": lzma.MF_HC3, "depth": 1}]  # fmt: skip
    path.write_bytes(lzma.compress(tar(), filters=wish))

    assert read(str(path))[1].faults == [
        f"{path}: needs more than 128 MiB to unpack; what comes after is left out"
    ]


def test_a_bomb_in_xz_is_not_unpacked(tmp_path: Path) -> None:
    """A small file fills neither memory nor time."""
    path = tmp_path / "in.tar.xz"
    path.write_bytes(lzma.compress(tar(JOB + b"#" * 3_000_000)))
    said = archive.Said([], [])

    found = list(archive.members(str(path), said, Limits(free=1000)))

    assert found == []
    assert said.faults == [
        f"{path}: unpacks to more than 250 times its size; what comes after is left out"
    ]


def test_zstd_is_named(tmp_path: Path) -> None:
    """What is not read is not read as a damaged file."""
    path = tmp_path / "in.tar.zst"
    path.write_bytes(ZSTANDARD)

    assert read(str(path))[1].faults == [
        f"{path}: is compressed with zstd: unpack it; what comes after is left out"
    ]


@pytest.mark.parametrize("content", [tar(), gzip.compress(tar()), lzma.compress(tar()), zipped()])
def test_an_archive_on_standard_input_is_read(content: bytes) -> None:
    """A bundle goes from curl into the audit, and a finding has its line."""
    kept: files.Kept = {}
    reading = files.collect(["-"], None, stdin=io.BytesIO(content), kept=kept)
    (job,) = reading.resources

    (placed,) = files.place([Location(job.reference, ("metadata", "name"))], kept).values()

    assert str(placed) == "-:a/job.yaml:4:3"
    assert reading.faults == []


def test_an_archive_in_a_pipe_is_read(tmp_path: Path) -> None:
    """As ``mpiaudit scan <(curl ...)``: it can be read only once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(tar()),))
    writer.start()

    found, reading, _ = read(str(pipe))

    writer.join()
    assert (found, reading.faults) == (["MPIJob pi"], [])


def test_what_else_is_compressed_is_one_line() -> None:
    """A snapshot, or one compressed manifest, is not read as YAML full of control characters."""
    found, reading, _ = read("-", gzip.compress(JOB))

    assert found == []
    assert reading.faults == ["-: compressed; unpack it, or name the file of a snapshot"]
