"""Pod templates that are written alike are parsed once and kept once."""

from typing import Any

from mpiaudit.inventory.template import PodTemplate


def template(value: object) -> dict[str, Any]:
    """Return a template whose container has one argument more than its command."""
    container = {"name": "mpi", "image": "pi", "command": ["mpirun"], "args": [value]}
    return {"spec": {"containers": [container]}}


def test_equal_templates_are_one() -> None:
    """Ten thousand jobs of one manifest take the room of one."""
    first = PodTemplate.parse(template("-np"))
    second = PodTemplate.parse(template("-np"))

    assert second is first


def test_templates_that_python_takes_for_equal_are_not_one() -> None:
    """A number in place of a text, or of a flag, is another template."""
    numbers = [PodTemplate.parse({"spec": {"hostNetwork": value}}) for value in (1, True, 1.0)]

    assert [t.host_network for t in numbers] == [False, True, False]


def test_a_template_that_cannot_be_compared_is_parsed_by_itself() -> None:
    """A number beyond 64 bits must not end the audit."""
    parsed = PodTemplate.parse(template(2**64))

    assert parsed.containers[0].command == ("mpirun",)
    assert parsed.containers[0].args == ()
