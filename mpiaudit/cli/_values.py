"""Values of options that a shell completes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def formats(
    ctx: click.Context,  # noqa: ARG001 - click's
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the formats that *incomplete* may become."""
    from mpiaudit.render import formats as known

    return [name for name in known() if name.startswith(incomplete)]


def rules(
    ctx: click.Context,  # noqa: ARG001 - click's
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Return the rules that *incomplete* may become, with their titles."""
    from click.shell_completion import CompletionItem as Item

    from mpiaudit import engine

    begun = incomplete.upper()
    return [Item(r.id, help=r.title) for r in engine.load_rules() if r.id.startswith(begun)]
