"""For ``kubectl apply``: Reports of openreports.io/v1alpha1, one a namespace.

Objects without a namespace, rules that passed and what was not judged are in the ClusterReport. An
apply does not delete the report of a namespace in which nothing is found any more; before it,
``kubectl delete reports.openreports.io -A -l app.kubernetes.io/managed-by=mpiaudit`` does.
"""

from __future__ import annotations

from mpiaudit.render import Look, _policy_results
from mpiaudit.report import Report

BODY = {"apiVersion": "openreports.io/v1alpha1", "source": _policy_results.NAME}
"""openreports/reports-api v0.2.1 config/crd/openreports.io_reports.yaml."""

KINDS = ("Report", "ClusterReport")


def render(report: Report, look: Look) -> str:
    """Return a List in JSON, the report of the cluster first."""
    return _policy_results.as_list(_policy_results.documents(report, look, KINDS, BODY))
