"""How files are compressed, and what is in them, unpacked while it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Protocol

GZIP = b"\x1f\x8b"
BZIP2 = b"BZh"
XZ = b"\xfd7zXZ\0"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
"""How files of each compression begin."""

MEMORY = 1 << 27
"""Bytes that unpacking xz may take: ``xz -9`` needs half, and a header may ask for 4 GiB."""

_CHUNK = 1 << 16


class LimitError(Exception):
    """An archive that is not read to its end, for a reason that is no damage."""


class Readable(Protocol):
    """A stream of bytes, unpacked or not."""

    def read(self, size: int, /) -> bytes:
        """Return *size* bytes, or fewer at the end."""


def unpacked(stream: IO[bytes]) -> Readable:
    """Return the content of *stream*, which is at its start: itself where it is not compressed.

    Reading it raises EOFError where it is cut short or damaged (of gzip also BadGzipFile and
    zlib.error), and LimitError where xz asks for more than `MEMORY`.

    Raises:
        LimitError: It is compressed with zstd.
    """
    start = stream.read(len(XZ))
    stream.seek(0)
    if start.startswith(GZIP):
        import gzip  # noqa: PLC0415 - most files are not compressed

        return gzip.GzipFile(fileobj=stream)
    if start.startswith(BZIP2):
        import bz2  # noqa: PLC0415 - as above

        return _Pieces(stream, bz2.BZ2Decompressor)
    if start.startswith(XZ):
        import lzma  # noqa: PLC0415 - as above

        return _Pieces(stream, lambda: lzma.LZMADecompressor(memlimit=MEMORY))
    if start.startswith(ZSTANDARD):
        raise LimitError("is compressed with zstd: unpack it")
    return stream


class _Pieces:
    """The content of one compressed part, or of several that follow each other."""

    def __init__(self, stream: IO[bytes], new: Callable[[], Any]) -> None:
        """Unpack *stream* with what *new* makes, a decompressor of the standard library."""
        self._stream = stream
        self._new = new
        self._inner: Any = None
        self._ahead = b""
        """Read, and not yet unpacked."""

    def read(self, size: int, /) -> bytes:
        """Return *size* bytes, or fewer at the end."""
        pieces: list[bytes] = []
        while size > 0 and self._more():
            packed, self._ahead = self._ahead, b""
            pieces.append(self._decompress(packed, size))
            size -= len(pieces[-1])
        return b"".join(pieces)

    def _more(self) -> bool:
        """Make sure that there is something to unpack; return False at the end."""
        if self._inner is not None and not self._inner.eof:
            if self._inner.needs_input:
                self._ahead = self._stream.read(_CHUNK)
                if not self._ahead:
                    raise EOFError("it ends within its compressed part")
            return True
        rest = self._inner.unused_data.lstrip(b"\0") if self._inner else b""
        self._ahead = rest or self._stream.read(_CHUNK).lstrip(b"\0")
        if self._ahead:
            self._inner = self._new()
        return bool(self._ahead)

    def _decompress(self, packed: bytes, size: int) -> bytes:
        import lzma  # noqa: PLC0415 - as above

        try:
            return bytes(self._inner.decompress(packed, size))
        except (lzma.LZMAError, OSError) as error:
            if "Memory usage" in str(error):
                raise LimitError(f"needs more than {MEMORY >> 20} MiB to unpack") from error
            raise EOFError(str(error)) from error
