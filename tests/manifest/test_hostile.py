"""Hostile input ends in a located fault, never in a crash."""

import pytest

from mpiaudit.manifest.read import Fault, Item, read

START = b"apiVersion: v1\nkind: MPIJob\nspec: "
BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 60)
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (START + b"[" * 100_000, "nested more than 500 levels deep"),
        (START + b"{a: " * 100_000, "nested more than 500 levels deep"),
        (b'{"kind":"MPIJob","a":' + b"[" * 100_000, "nested more than 500 levels deep"),
        (START + b"1\n" + BOMB, "document contains excessive aliasing"),
        (START + b"&a [*a]", "anchor 'a' value contains itself"),
        (START + b"x\0y", "control characters are not allowed"),
        (START + b"\xff", "invalid leading UTF-8 octet"),
        (b'{"kind":"MPIJob","a":"\xff"}', "invalid leading UTF-8 octet"),
    ],
)
def test_hostile_document_is_a_fault(data: bytes, message: str) -> None:
    """A file from a stranger must not stop the audit."""
    faults = [one for one in read(data) if isinstance(one, Fault)]

    assert [fault.message for fault in faults] == [message]
    assert faults[0].line >= 1


def test_merges_do_not_grow_without_bound() -> None:
    """Each level merges the one before nine times; only the keys that differ count."""
    levels = b"".join(
        b"a%d: &a%d {<<: [%s], k%d: 1}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9), n)
        for n in range(1, 40)
    )

    (item,) = read(START + b"1\na0: &a0 {k0: 1}\n" + levels)

    assert isinstance(item, Item)
    assert len(item.body["a39"]) == 40


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_and_utf16_are_read(encoding: str) -> None:
    """Windows editors write them, and kubectl reads them."""
    (item,) = read("kind: MPIJob\r\nname: é\r\n".encode(encoding))

    assert isinstance(item, Item)
    assert item.body == {"kind": "MPIJob", "name": "é"}
