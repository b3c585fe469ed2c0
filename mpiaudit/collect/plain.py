"""What API servers, networks and Python's libraries say, in plain words and one line."""

from __future__ import annotations

import re

import msgspec


class Status(msgspec.Struct):
    """The object in which an API server says no."""

    message: str | None = None


_STATUS = msgspec.json.Decoder(Status)


def forbidden(message: str) -> str:
    """Return who may not, where the API server says so, else what it does say."""
    who = re.search(r'User ("[^"]*")', message)
    return f"forbidden for {who[1]}" if who else f"forbidden: {message}"


def message(body: bytearray) -> str:
    """Return the message of a Status, or the start of whatever else was sent, in one line."""
    try:
        text = _STATUS.decode(body).message or ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = bytes(body[:400]).decode(errors="replace")
    line = " ".join(text.split())
    return f"{line[:197]}..." if len(line) > 200 else line or "no message"  # noqa: PLR2004 - a line


def brief(error: Exception) -> str:
    """Return why there was no answer, without the names that Python's libraries give to it."""
    behind = getattr(error, "original_error", None)  # of urllib3's ProxyError
    if isinstance(behind, Exception):
        return f"through the proxy: {brief(behind)}"
    text = " ".join(str(error).split())
    if "UNEXPECTED_EOF" in text:
        return "connection closed"
    if wrapped := re.search(r"Error\(\d+, '([^']*)'\)\)$", text):
        return wrapped[1]
    return re.sub(r"^.*?(?:0x[0-9a-f]+>|\)): ", "", text)
