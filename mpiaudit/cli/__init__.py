"""The command line: parse, call, print, exit.

Commands are modules beside this one, each with a ``command``, loaded when they are asked for;
they import what they use when they run, so that ``--help`` stays quick.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

import click

from mpiaudit import __version__
from mpiaudit.model import AuditError

INTERRUPTED = 130
"""What shells report for Ctrl-C."""

CUT_OFF = 141
"""What shells report for a program whose reader has gone."""


class Commands(click.Group):
    """The commands; the folder is the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the modules beside this one."""
        return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one module, or None where there is no such module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mpiaudit %(version)s")
def commands() -> None:
    """Find what is wrong, or about to go wrong, with MPIJob; prove it; give the fix.

    \b
      mpiaudit scan              audits the cluster of the current context
      mpiaudit scan manifests/   audits files
      mpiaudit demo              audits a bundled sample cluster
    """  # noqa: D301 - \b is how click keeps lines


def main() -> None:
    """Run the command line and exit with its code."""
    plugin = sys.argv[0].rpartition(os.sep)[2].startswith("kubectl-")
    sys.exit(run(sys.argv[1:], "kubectl mpiaudit" if plugin else "mpiaudit"))


def run(arguments: list[str], name: str = "mpiaudit") -> int:
    """Run *arguments* and return the exit code; what a user can mend is one line on stderr.

    *name* is what the user typed before them.
    """
    try:
        code = commands.main(arguments, prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AuditError as error:
        click.echo(f"mpiaudit: {error}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("mpiaudit: interrupted", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click exits with 1, which would say: findings
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    return code if isinstance(code, int) else 0
