"""How single values of a manifest are read: as what they are, or as absent."""

from datetime import UTC, datetime

import pytest

from mpiaudit.inventory.view import integer, text, texts, timestamp, words


@pytest.mark.parametrize(
    ("spelt", "when"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1772359200, None),
    ],
)
def test_a_time_is_read_or_is_none(spelt: object, when: datetime | None) -> None:
    """``creationTimestamp: null`` stands in many manifests, and templates hold anything."""
    assert timestamp(spelt) == when


def test_values_of_the_wrong_type_are_absent() -> None:
    """``true`` is no number, a number no text: a rule must not build on either."""
    assert integer(True) is None  # noqa: FBT003 - the value under test
    assert integer("2") is None
    assert integer(2) == 2
    assert text(2) == ""
    assert texts({"a": "b", "c": 1, "d": None}) == {"a": "b"}
    assert texts("a") == {}
    assert words(["a", 1, None]) == ("a",)
    assert words("abc") == ()
