"""Label selectors, as a request takes them."""

from mpiaudit.collect.selectors import any_of, matching


def test_many_names_are_split_into_requests_of_a_bearable_length() -> None:
    """A proxy in front of an API server refuses a URL of some 8 KiB."""
    selectors = list(any_of("app", [f"job-{number:03}" for number in range(101)]))

    assert selectors[0].startswith("app in (job-000,job-001,")
    assert selectors[0].endswith(",job-099)")
    assert selectors[1:] == ["app in (job-100)"]


def test_a_name_too_long_for_a_label_is_left_out() -> None:
    """The API server would refuse the whole request for it."""
    assert list(any_of("app", ["a" * 63, "b" * 64])) == [f"app in ({'a' * 63})"]
    assert list(any_of("app", ["b" * 64])) == []


def test_every_operator_of_a_workloads_selector_is_passed_on() -> None:
    """A controller's pods are found however its Deployment selects them."""
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["x", "y"]},
            {"key": "d", "operator": "NotIn", "values": ["z"]},
            {"key": "e", "operator": "Exists"},
            {"key": "f", "operator": "DoesNotExist"},
        ],
    }

    assert matching(selector) == "a=1,b=2,c in (x,y),d notin (z),e,!f"


def test_without_a_selector_there_is_nothing_to_ask() -> None:
    """An empty selector would ask for every pod of the namespace."""
    assert matching(None) == ""
    assert matching({}) == ""
