"""Arguments, as Kubernetes hands them over and Go reads them."""

from __future__ import annotations

import pytest

from mpiaudit.inventory.goflags import Flags, argv, fits, parse

TYPES = {"leader-elect": "bool", "enable-scheme": "string", "threads": "int", "n": "string"}


def test_flags_come_in_four_spellings() -> None:
    """Manifests in the wild use them all."""
    flags = parse(["-n=a", "--n=b", "-n", "c", "--n", "d"], TYPES)

    assert flags == Flags(values={"n": ("a", "b", "c", "d")})


def test_a_repeated_flag_keeps_every_value_in_order() -> None:
    """``--enable-scheme`` gathers; a scalar takes the last, which the caller can see."""
    flags = parse(["--enable-scheme=tfjob", "--enable-scheme", "MPIJob"], TYPES)

    assert flags.values["enable-scheme"] == ("tfjob", "MPIJob")


def test_a_bool_flag_swallows_what_follows_it() -> None:
    """``--leader-elect true`` makes Go stop: the schemes behind it are not read at all."""
    flags = parse(["--leader-elect", "true", "--enable-scheme=tfjob"], TYPES)

    assert flags.values == {"leader-elect": ("true",)}
    assert flags.swallowed == "true"
    assert flags.rest == ("true", "--enable-scheme=tfjob")


def test_a_bool_flag_takes_its_value_after_an_equals_sign() -> None:
    """The right way to write it, false included."""
    flags = parse(["--leader-elect=false", "--n=x"], TYPES)

    assert flags == Flags(values={"leader-elect": ("false",), "n": ("x",)})


@pytest.mark.parametrize(
    ("arguments", "rest"),
    [
        (["--n=x", "stop", "--n=y"], ("stop", "--n=y")),
        (["--n=x", "--", "--n=y"], ("--n=y",)),
        (["--n=x", "-", "--n=y"], ("-", "--n=y")),
        (["--n=x", "", "--n=y"], ("", "--n=y")),
        (["--leader-elect=true", "stop"], ("stop",)),
        (["--leader-elect", "--", "stop"], ("stop",)),
    ],
)
def test_parsing_stops_at_the_first_word_that_is_no_flag(
    arguments: list[str], rest: tuple[str, ...]
) -> None:
    """What stands behind it looks like configuration and is none."""
    flags = parse(arguments, TYPES)

    assert flags.rest == rest
    assert flags.swallowed == ""
    assert "y" not in flags.values.get("n", ())


def test_a_value_may_look_like_a_flag() -> None:
    """Go takes the next word whatever it is."""
    assert parse(["--n", "--leader-elect"], TYPES).values == {"n": ("--leader-elect",)}


def test_case_and_whole_names_matter() -> None:
    """Go knows no abbreviations: ``--Leader-Elect`` and ``--leader`` are unknown flags."""
    flags = parse(["--Leader-Elect", "--leader", "--threads=2"], TYPES)

    assert flags.unknown == ("Leader-Elect", "leader")
    assert flags.values["threads"] == ("2",)


def test_reading_goes_on_behind_unknown_flags() -> None:
    """Go stops there; the reader still wants to know what the author meant."""
    flags = parse(["--gone=1", "--lost", "value", "--n=x"], TYPES)

    assert flags.unknown == ("gone", "lost")
    assert flags.values == {"gone": ("1",), "lost": ("value",), "n": ("x",)}


@pytest.mark.parametrize("word", ["---n", "--=x", "-=x", "--n-"])
def test_malformed_flags_are_unknown(word: str) -> None:
    """Go calls them bad syntax and ends as well."""
    assert len(parse([word], TYPES).unknown) == 1


@pytest.mark.parametrize(
    ("arguments", "bad"),
    [
        (["--threads=two"], (("threads", "two"),)),
        (["--threads", "1.5"], (("threads", "1.5"),)),
        (["--threads="], (("threads", ""),)),
        (["--leader-elect=yes"], (("leader-elect", "yes"),)),
        (["--n"], (("n", ""),)),
        (["--threads=0x10", "--leader-elect=T", "--n="], ()),
    ],
)
def test_values_of_the_wrong_type_are_told(
    arguments: list[str], bad: tuple[tuple[str, str], ...]
) -> None:
    """They end the program just as an unknown flag does."""
    assert parse(arguments, TYPES).bad == bad


@pytest.mark.parametrize(
    ("kind", "value", "valid"),
    [
        ("int", "-3", True),
        ("int", "0b101", True),
        ("int", "1_000", True),
        ("int", "010", True),
        ("int", "08", False),
        ("int", "", False),
        ("int", " 1", False),
        ("bool", "1", True),
        ("bool", "tRUE", False),
        ("float", "1e3", True),
        ("float", "0x1p-2", True),
        ("float", "1,5", False),
        ("duration", "1h30m", True),
        ("duration", "1.5s", True),
        ("duration", "0", True),
        ("duration", "15", False),
        ("string", "", True),
    ],
)
def test_values_are_read_as_go_reads_them(kind: str, value: str, *, valid: bool) -> None:
    """Python's int and Go's ParseInt disagree about ``08``, ``0x10`` and blanks."""
    assert fits(kind, value) is valid


ENTRYPOINT = ["/manager"]


@pytest.mark.parametrize(
    ("command", "args", "result"),
    [
        ([], [], ("/manager",)),
        ([], ["--n=x"], ("/manager", "--n=x")),
        (["/other"], [], ("/other",)),
        (["/other", "-v"], ["--n=x"], ("/other", "-v", "--n=x")),
    ],
)
def test_command_replaces_the_entry_point(
    command: list[str], args: list[str], result: tuple[str, ...]
) -> None:
    """HyperPod's chart puts flags into ``command``, others into ``args``."""
    assert argv(command, args, {}, ENTRYPOINT) == result


@pytest.mark.parametrize(
    ("argument", "result"),
    [
        ("--namespace=$(NS)", "--namespace=team-a"),
        ("$(NS)/$(NS)", "team-a/team-a"),
        ("$$(NS)", "$(NS)"),
        ("$$$(NS)", "$team-a"),
        ("$(MISSING)", "$(MISSING)"),
        ("$(EMPTY)", ""),
        ("$NS", "$NS"),
        ("$(NS", "$(NS"),
        ("$()", "$()"),
        ("$", "$"),
        ("$(URL)", "http://team-a"),
    ],
)
def test_references_are_expanded_as_the_kubelet_does(argument: str, result: str) -> None:
    """The namespace that is watched often comes in this way."""
    env = {"NS": "team-a", "EMPTY": "", "URL": "http://$(NS)"}

    assert argv([], [argument], env, ENTRYPOINT) == ("/manager", result)


def test_a_value_from_elsewhere_makes_the_answer_unknown() -> None:
    """A ConfigMap's or a field's value is not in the manifest; no rule may guess it."""
    env = {"NS": None, "URL": "http://$(NS)", "OTHER": "x"}

    assert argv([], ["--namespace=$(NS)"], env, ENTRYPOINT) is None
    assert argv([], ["--url=$(URL)"], env, ENTRYPOINT) is None
    assert argv([], ["--n=$(OTHER)", "$$(NS)"], env, ENTRYPOINT) == ("/manager", "--n=x", "$(NS)")


@pytest.mark.parametrize(
    ("command", "result"),
    [
        (["sh", "-c", "/manager --n=x"], ("/manager", "--n=x")),
        (["/bin/bash", "-ec", "exec /manager --n 'a b'"], ("/manager", "--n", "a b")),
        (["sh", "-c", "exec /manager \\\n  --n=x \\\n  --threads=2\n"], None),
        (["sh", "-c", 'env A=b /manager --n="a;b|c"'], ("/manager", "--n=a;b|c")),
        (["sh", "-c", "/manager --n='$HOME'"], ("/manager", "--n=$HOME")),
        (["sh", "-c", "A=b /manager"], ("/manager",)),
        (["sh", "-c", "sh -c '/manager --n=x'"], ("/manager", "--n=x")),
        (["env", "A=b", "/manager"], ("/manager",)),
        (["sh", "-c", "/manager", "--n=lost"], ("/manager",)),
    ],
)
def test_a_shell_around_one_program_is_taken_off(
    command: list[str], result: tuple[str, ...] | None
) -> None:
    """Charts wrap the operator; words behind the script never reach it."""
    expected = ("/manager", "--n=x", "--threads=2") if result is None else result

    assert argv(command, [], {}, ENTRYPOINT) == expected


@pytest.mark.parametrize(
    "script",
    [
        "sleep 5; /manager",
        "test -f x && /manager",
        "/manager | tee log",
        "/manager > log",
        "/manager --n=$HOME",
        '/manager --n="$HOME"',
        "/manager --n=`hostname`",
        "(/manager)",
        "/manager *",
        "sleep 5\n/manager",
        "/manager 'open",
        "/manager '--n=a\nb'",
        "KUBEFLOW_NAMESPACE=team-a /manager",
        "env -i /manager",
        "echo \"it's\" ; /manager 'x'",
    ],
)
def test_a_shell_that_does_more_is_unknown(script: str) -> None:
    """What such a script runs in the end is not in the manifest."""
    assert argv(["sh", "-c"], [script], {}, ENTRYPOINT) is None


@pytest.mark.parametrize("command", [["sh", "start.sh"], ["bash"], ["sh", "-c"], ["/bin/sh", "-x"]])
def test_a_shell_without_a_script_is_unknown(command: list[str]) -> None:
    """A script in the image may do anything."""
    assert argv(command, [], {}, ENTRYPOINT) is None
