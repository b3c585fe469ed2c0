"""What Kubernetes makes of one YAML scalar.

The API server and kubectl read YAML through sigs.k8s.io/yaml v1.4.0, which resolves scalars in
goyaml.v2/resolve.go: YAML 1.1 booleans, octal ``0777``, no dates, no base 60.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

Scalar = str | int | float | bool | None

TELLING = frozenset("0123456789+-.~yYnNtTfFoO")
"""First characters of the plain scalars that may be something other than text."""

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INT = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z").match
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z").match
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1
_DATED = re.compile(r"[0-9]{4}-").match
_LOOSE = re.compile(r"_(?![0-9])|(?<![0-9])_").search
_LARGEST = 3.4e38
"""Beyond it a 32-bit float is infinite."""


class RefusedError(ValueError):
    """A value that Kubernetes refuses; the message says why."""


def plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar."""
    try:
        return _WORDS[text]
    except KeyError:
        return _number(text) if text[0] in "0123456789+-." else text


def tagged(tag: str | None, text: str) -> Scalar:
    """Return the value of a scalar with an explicit *tag*; other tags than YAML's own are ignored.

    Raises:
        RefusedError: The text is not what the tag says.
    """
    kind = tag.removeprefix(_TAG) if tag else "str"
    if kind == "binary":
        return _binary(text)
    if kind not in {"null", "bool", "int", "float", "timestamp"}:
        return text
    value = plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    if kind != _kind(value) and not (kind == "timestamp" and _DATED(text)):
        raise RefusedError(f"cannot decode !!{_kind(value)} `{text}` as a !!{kind}")
    return text if kind == "timestamp" else value


def finite(value: Scalar) -> Scalar:
    """Return *value*, which JSON must be able to hold.

    Raises:
        RefusedError: It is infinite, or not a number.
    """
    if type(value) is float and not math.isfinite(value):
        raise RefusedError(f"unsupported value: {_float_key(value)}")
    return value


def key_text(value: Scalar) -> str:
    """Return the JSON key for a resolved YAML key.

    Raises:
        RefusedError: It is null, or an integer beyond 64 bits.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if value < 2**63:
            return str(value)
        case float():
            return _float_key(value)
    raise RefusedError(f"unsupported map key: {'null' if value is None else value}")


def _number(text: str) -> Scalar:
    """Return the number that *text* spells, or the text itself."""
    digits = text.replace("_", "")
    if _INT(digits):
        value = _integer(digits)
        if _LOWEST <= value <= _HIGHEST:
            return value
    if _FLOAT(digits) and not (text[0] == "." and _LOOSE(text)):
        real = float(digits)
        return real if math.isfinite(real) else text
    return _WORDS.get(text, text)


def _integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    bare = digits.lstrip("+-")
    if bare[0] == "0" and bare.isdigit():
        return sign * int(bare, 8)
    return sign * int(bare, 0)


def _kind(value: Scalar) -> str:
    return {type(None): "null", bool: "bool", int: "int", float: "float"}.get(type(value), "str")


def _binary(text: str) -> str:
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise RefusedError("!!binary value contains invalid base64 data") from error
    return content.decode("utf-8", "replace")


def _float_key(value: float) -> str:
    """Return the shortest text of *value* as a 32-bit float, as Go's ``FormatFloat`` writes it."""
    if not abs(value) <= _LARGEST:
        return ".inf" if value > 0 else "-.inf" if value < 0 else ".nan"
    single = struct.pack("f", value)
    digits = range(1, 10)
    text = next(t for p in digits if struct.pack("f", float(t := f"{value:.{p}g}")) == single)
    return f"{float(text):.15g}" if 1e-4 <= abs(value) < 1e6 else text  # noqa: PLR2004
