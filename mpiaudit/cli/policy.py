"""``mpiaudit policy``."""

from __future__ import annotations

import click

from mpiaudit.cli._admission import ENGINES


@click.command("policy")
@click.argument("engine", type=click.Choice(ENGINES))
@click.option("--enforce", is_flag=True, help="Refuse the jobs instead of warning.")
@click.option("--legacy", is_flag=True, help="For Kyverno: a ClusterPolicy (1.13 to 1.19).")
def command(engine: str, *, enforce: bool, legacy: bool) -> None:
    """Print an admission policy that takes no new MPIJob of v1.

    \b
      mpiaudit policy vap | kubectl apply -f -      # warns, and writes to the audit log
      mpiaudit policy vap --enforce | kubectl apply -f -
      mpiaudit policy kyverno | kubectl apply -f -

    vap is the API server's own ValidatingAdmissionPolicy, of Kubernetes 1.30 and later; kyverno
    is a ValidatingPolicy, of Kyverno 1.17 and later. Only the creation of jobs in v1, v1alpha1
    and v1alpha2 is judged: v2beta1 passes, and jobs that are there can be changed and deleted.
    """  # noqa: D301 - \b is how click keeps lines
    from mpiaudit.cli import _admission

    if legacy and engine != "kyverno":
        raise click.UsageError("--legacy is for kyverno")
    click.echo(_admission.policy(engine, enforce=enforce, legacy=legacy), nl=False)
