"""MPA027."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.controller import grounds
from mpiaudit.facts.releases import TRAINER
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Fix, Hit, Severity, rule


@rule("MPA027", Severity.HIGH, remedy="Write the value of a boolean flag behind an equals sign.")
def flags_behind_stray_word(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """A word behind a boolean flag makes the controller ignore every flag after it.

    In ``--leader-elect true`` the flag stands alone, and Go's flag package stops at ``true``, which
    is no flag: all that follows is dropped without a message. ``--enable-scheme=pytorchjob`` behind
    it is not seen, so training-operator runs every kind, MPIJob among them. And
    ``--leader-elect false`` turns leader election on.

    Detected by the flags of each product and Go's rules.

    Wrong when: nothing follows the word and it is what the flag says anyway: then it is untidy, and
    reported so.

    Source: golang/go go1.22.0 src/flag/flag.go (``FlagSet.parseOne``); seen with training-operator
    1.9.0 on Kubernetes 1.34, which started all its controllers.
    """
    for controller in controllers:
        flags = controller.flags
        if controller.product == TRAINER or not controller.argv:
            continue
        if flags is None or not flags.swallowed:
            continue
        ignored = [word for word in flags.rest[1:] if word.startswith("-")]
        stray = len(controller.argv) - len(flags.rest)
        flag = controller.argv[stray - 1].lstrip("-")
        off = flags.swallowed.lower() in {"0", "f", "false"}
        lost = f"ignores {' '.join(ignored)}" if ignored else "ignores nothing else"
        usual = Severity.HIGH if ignored else Severity.MEDIUM if off else Severity.LOW
        yield Hit(
            controller.at_word(stray),
            f"{controller.title} stops reading flags at {flags.swallowed} behind --{flag} "
            f"and {lost}",
            effect=f"--{flag} is on; the flags behind it are as if they were not given"
            if ignored or off
            else f"--{flag} is on, as meant",
            fix=_joined(controller, flag, flags.swallowed),
            severity=grounds.softened(controller, usual),
        )


def _joined(controller: Controller, flag: str, word: str) -> Fix | None:
    """Return the patch that puts the value behind an equals sign."""
    args = list(controller.args)
    spelt = next(
        (i for i, arg in enumerate(args[:-1]) if arg.lstrip("-") == flag and args[i + 1] == word),
        None,
    )
    if spelt is None:
        return None
    args[spelt : spelt + 2] = [f"--{flag}={word}"]
    summary = f"restarts {controller.ref}, which then heeds all its flags"
    return fixes.patch_container(controller, "args", args, summary)
