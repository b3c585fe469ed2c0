"""For ``kubectl apply``: PolicyReports of wgpolicyk8s.io/v1alpha2, one a namespace.

Objects without a namespace, rules that passed and what was not judged are in the
ClusterPolicyReport. An apply does not delete the report of a namespace in which nothing is found
any more; before it, ``kubectl delete policyreports -A -l app.kubernetes.io/managed-by=mpiaudit``
does.
"""

from __future__ import annotations

from mpiaudit.render import Look, _policy_results
from mpiaudit.report import Report

BODY = {"apiVersion": "wgpolicyk8s.io/v1alpha2"}
"""kubernetes-sigs/wg-policy-prototypes 25056e1
policy-report/crd/v1beta2/wgpolicyk8s.io_policyreports.yaml, which serves v1alpha2 too."""

KINDS = ("PolicyReport", "ClusterPolicyReport")


def render(report: Report, look: Look) -> str:
    """Return a List in JSON, the report of the cluster first."""
    return _policy_results.as_list(_policy_results.documents(report, look, KINDS, BODY))
