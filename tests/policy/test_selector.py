"""Label selectors, as the API server answers them."""

import pytest

from mpiaudit.policy.selector import UNKNOWN, Labels, RefusedError, parse

PI = {"job": "pi", "role": "worker"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": None, "matchExpressions": None}, True),
        ({"matchLabels": {"job": "pi"}}, True),
        ({"matchLabels": {"job": "pi", "role": "launcher"}}, False),
        ({"matchLabels": {"job": ""}}, False),
        ({"matchExpressions": [{"key": "job", "operator": "In", "values": ["e", "pi"]}]}, True),
        ({"matchExpressions": [{"key": "job", "operator": "NotIn", "values": ["e"]}]}, True),
        ({"matchExpressions": [{"key": "job", "operator": "NotIn", "values": ["pi"]}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": [""]}]}, False),
        ({"matchExpressions": [{"key": "job", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "Exists", "values": []}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "job", "operator": "DoesNotExist"}]}, False),
    ],
    ids=str,
)
def test_selects(selector: object, selected: object) -> None:
    """Whoever reads a policy and whoever enforces it agree on whom it means."""
    parsed = parse(selector)

    assert parsed is not None
    assert parsed.matches(PI) is selected
    assert parsed.surely(Labels(PI)) is selected
    assert parsed.possibly(Labels(PI)) is selected


def test_null_is_not_empty() -> None:
    """An absent selector of a peer says nothing; an empty one means all."""
    assert parse(None) is None
    assert parse({}) is not None


@pytest.mark.parametrize(
    ("selector", "surely", "possibly"),
    [
        ({}, True, True),
        ({"matchLabels": {"job": "pi"}}, False, True),
        ({"matchExpressions": [{"key": "job", "operator": "DoesNotExist"}]}, False, True),
        ({"matchExpressions": [{"key": "job", "operator": "NotIn", "values": ["e"]}]}, False, True),
    ],
    ids=str,
)
def test_of_unknown_labels_only_what_always_holds_is_sure(
    selector: object, surely: object, possibly: object
) -> None:
    """No rule may claim by labels that nobody has read."""
    parsed = parse(selector)

    assert parsed is not None
    assert parsed.surely(UNKNOWN) is surely
    assert parsed.possibly(UNKNOWN) is possibly


def test_what_is_known_of_some_labels_still_counts() -> None:
    """A namespace's own name is always known, whatever else its labels are."""
    other = parse({"matchLabels": {"job": "e", "team": "a"}})

    assert other is not None
    assert not other.possibly(Labels(PI, whole=False))
    assert other.possibly(Labels({"job": "e"}, whole=False))


@pytest.mark.parametrize(
    "selector",
    [
        [],
        "job=pi",
        {"matchLabels": {"job": 1}},
        {"matchLabels": {"job": "${NAME}"}},
        {"matchLabels": {"a b": "c"}},
        {"matchLabels": {"Example.com/job": "pi"}},
        {"matchLabels": {"job": "x" * 64}},
        {"matchExpressions": {"key": "job", "operator": "Exists"}},
        {"matchExpressions": [{"key": "job", "operator": "in", "values": ["pi"]}]},
        {"matchExpressions": [{"key": "job", "operator": "In"}]},
        {"matchExpressions": [{"key": "job", "operator": "Exists", "values": ["pi"]}]},
        {"matchExpressions": [{"operator": "Exists"}]},
        {"matchExpressions": [None]},
    ],
    ids=str,
)
def test_refused(selector: object) -> None:
    """What the API server refuses selects nothing, and is no ground for a claim."""
    with pytest.raises(RefusedError):
        parse(selector)
