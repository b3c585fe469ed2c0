"""``mpiaudit completion``, and what kubectl asks for the words of its plug-in."""

from __future__ import annotations

import sys

import click

FILES, NO_FILES = 0, 4
"""Cobra's directives: whether the shell may offer files.

Source: spf13/cobra v1.10.2 completions.go.
"""


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
      source <(mpiaudit completion bash)
      mpiaudit completion zsh > "${fpath[1]}/_mpiaudit"
      mpiaudit completion fish > ~/.config/fish/completions/mpiaudit.fish

    `kubectl mpiaudit` needs none: kubectl's own completion asks for its words.
    """  # noqa: D301 - \b is how click keeps lines
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"click {click.__version__} knows no {shell}")
    root = click.get_current_context().find_root().command
    click.echo(script(root, {}, "mpiaudit", "_MPIAUDIT_COMPLETE").source(), nl=False)


def plugin() -> None:
    """Answer ``kubectl_complete-mpiaudit WORD... BEGINNING`` as kubectl reads it.

    Each word stands on a line with its help behind a tab; the last line is Cobra's directive.
    Where we know of no word, the shell offers files.

    Source: kubernetes/kubectl v0.34.4 pkg/cmd/plugin/plugin_completion.go.
    """
    from click.shell_completion import ShellComplete

    from mpiaudit.cli import commands

    *words, beginning = sys.argv[1:] or [""]
    completion = ShellComplete(commands, {}, "kubectl mpiaudit", "")
    answers = [a for a in completion.get_completions(words, beginning) if a.type == "plain"]
    for answer in answers:
        click.echo(f"{answer.value}\t{' '.join((answer.help or '').split())}".rstrip())
    click.echo(f":{NO_FILES if answers else FILES}")
