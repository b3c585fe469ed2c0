"""Decisions that rules share are made once, and never for other arguments."""

from collections.abc import Iterator

from mpiaudit.checks.once import KEPT, once


def test_the_same_object_is_asked_about_once() -> None:
    """Fifty rules over ten thousand jobs would decide the same fifty times."""
    asked: list[str] = []

    @once
    def shouted(words: tuple[str, ...]) -> Iterator[str]:
        for word in words:
            asked.append(word)
            yield word.upper()

    words = ("launcher", "worker")

    assert shouted(words) == ("LAUNCHER", "WORKER")
    assert shouted(words) == ("LAUNCHER", "WORKER")
    assert asked == ["launcher", "worker"]


def test_an_equal_object_is_asked_about_anew() -> None:
    """Jobs that compare equal may be of another cluster."""

    @once
    def kept(words: list[str], suffix: str) -> Iterator[str]:
        return (word + suffix for word in words)

    first, second = ["a"], ["a"]

    assert kept(first, "!") == ("a!",)
    assert kept(second, "?") == ("a?",)
    assert kept(first, "!") == ("a!",)


def test_an_answer_that_was_forgotten_is_found_again() -> None:
    """A simulation audits more inventories than are remembered."""

    @once
    def doubled(numbers: list[int]) -> Iterator[int]:
        return (2 * n for n in numbers)

    many = [[n] for n in range(KEPT + 2)]

    assert [doubled(numbers) for numbers in many] == [(2 * n,) for n in range(KEPT + 2)]
    assert doubled(many[0]) == (0,)
