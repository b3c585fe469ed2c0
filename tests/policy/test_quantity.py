"""Quantities are read as the API server reads them."""

from fractions import Fraction

import pytest

from mpiaudit.policy.quantity import amounts, parse, spell


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", Fraction(0)),
        ("500m", Fraction(1, 2)),
        (0.5, Fraction(1, 2)),
        (8, Fraction(8)),
        ("1.5Gi", Fraction(1610612736)),
        (".5Ki", Fraction(512)),
        ("1.", Fraction(1)),
        ("+2k", Fraction(2000)),
        ("-1", Fraction(-1)),
        ("12e6", Fraction(12_000_000)),
        ("1E3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("5n", Fraction(5, 10**9)),
        ("0.1n", Fraction(1, 10**9)),
        ("100Ei", Fraction(2**63 - 1)),
    ],
)
def test_what_is_a_quantity(written: object, meant: Fraction) -> None:
    """A sum is only right if each of its parts is."""
    assert parse(written) == meant


@pytest.mark.parametrize(
    "written", ["", "many", "1 Gi", "1GiB", "$CPU", "1mi", "e3", "0x1", True, None, [], "1e"]
)
def test_what_is_none(written: object) -> None:
    """Nothing is said of a pod that the API server would not even decode."""
    assert parse(written) is None


def test_one_bad_quantity_makes_all_unknown() -> None:
    """A template that is still to be filled in must not count as nothing."""
    assert amounts({"cpu": "1", "memory": "{{ .memory }}"}) is None
    assert amounts({"cpu": "1"}) == {"cpu": Fraction(1)}
    assert amounts(None) == {}


@pytest.mark.parametrize(
    ("amount", "spelt"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 2), "500m"),
        (Fraction(64 * 2**30), "64Gi"),
        (Fraction(1000), "1000"),
        (Fraction(24), "24"),
        (Fraction(3, 10**9), "1m"),
    ],
)
def test_how_it_is_said(amount: Fraction, spelt: str) -> None:
    """A message shows amounts as their author would write them."""
    assert spell(amount) == spelt
