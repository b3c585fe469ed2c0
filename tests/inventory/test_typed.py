"""The short way to see that all is of the right type never takes what is wrong."""

from collections.abc import Mapping

import pytest

from mpiaudit.inventory import typed


@pytest.mark.parametrize("value", [2**31 - 1, -(2**31), "{{ n }}", None])
def test_a_number_that_fits_is_taken(value: object) -> None:
    """Text may be a template's, and null is absent."""
    assert typed.fits({"n": value}, typed.part({"n": typed.whole(32)}))


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**70, 1.5, float("nan"), 3e9, 1e300])
def test_a_number_that_does_not_fit_is_refused(value: object) -> None:
    """One such number stops a controller for the whole cluster."""
    assert not typed.fits({"n": value}, typed.part({"n": typed.whole(32)}))


@pytest.mark.parametrize("value", [1, 0, True, False, 1.5, {"a": 1}, [1]])
def test_what_is_no_text_is_refused(value: object) -> None:
    """``value: 5`` is a number where Kubernetes wants a string."""
    assert not typed.fits({"value": value}, typed.part({"value": typed.TEXT}))


@pytest.mark.parametrize("value", [["a", 5], {"a": 5}, ["a", True], {5: 5}, [["a", 5]]])
def test_one_wrong_entry_spoils_the_list(value: object) -> None:
    """Arguments and labels are texts, all of them."""
    assert not typed.fits(value, typed.TEXTS)


@pytest.mark.parametrize(
    "value", [{"items": [{"n": 2**31}]}, {"items": {"a": {"n": 2**31}}}, {"items": ({"n": 2**31},)}]
)
def test_a_wrong_number_is_seen_at_any_depth(value: Mapping[str, object]) -> None:
    """Ports of containers and modes of volumes stand deep below the spec."""
    kind = typed.part({"items": typed.entries(typed.part({"n": typed.whole(32)}))})

    assert not typed.fits(value, kind)
    assert typed.fits({"items": [{"n": 22, "other": object()}]}, kind)
