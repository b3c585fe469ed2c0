"""Admission policies that take no MPIJob of the versions before v2beta1, as YAML to apply.

kubernetes/kubernetes v1.34.4 staging/src/k8s.io/api/admissionregistration/v1/types.go
(``MatchResources``); kyverno/kyverno v1.19.1 config/crds, and pkg/controllers/webhook: in
validating.go a ValidatingPolicy with ``Exact`` has a hook of its own that is ``Exact`` too, in
controller.go the hook for all ClusterPolicies is ``Equivalent``.
"""

from __future__ import annotations

from string import Template

ENGINES = ("vap", "kyverno")


def policy(engine: str, *, enforce: bool, legacy: bool) -> str:
    """Return the policy for one of `ENGINES`; it warns and records, or with *enforce* refuses.

    *legacy* is about Kyverno alone: its ClusterPolicy instead of its ValidatingPolicy.
    """
    body = _VAP if engine == "vap" else _CLUSTER_POLICY if legacy else _VALIDATING_POLICY
    return body.substitute(
        says=_SAYS,
        actions="[Deny]" if enforce else "[Warn, Audit]",
        action="Enforce" if enforce else "Audit",
        failure="Fail" if enforce else "Ignore",
    )


_SAYS = (
    "kubeflow.org/v1 ends with training-operator 1.9; write this MPIJob in kubeflow.org/v2beta1, "
    "which mpi-operator runs; `mpiaudit explain MPA080` says what that changes"
)

_SPEC = """\
  matchConstraints:
    # Equivalent, the default, would ask about v2beta1 too where the CRD serves both: as v1.
    matchPolicy: Exact
    resourceRules:
    - apiGroups: [kubeflow.org]
      apiVersions: [v1, v1alpha1, v1alpha2]
      # Jobs that are there can be changed, finish and be deleted; so can their status.
      operations: [CREATE]
      resources: [mpijobs]
  validations:
  - expression: '!request.requestKind.version.startsWith("v1")'
    message: $says
    reason: Invalid
"""

_VAP = Template(
    """\
# Kubernetes 1.30 and later. --enforce refuses the jobs; without it whoever makes one is warned.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: mpiaudit-mpijob-v2beta1
spec:
  # Costs nothing: the API server itself judges, and looks at no field that may be missing.
  failurePolicy: Fail
"""
    + _SPEC
    + """\
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: mpiaudit-mpijob-v2beta1
spec:
  policyName: mpiaudit-mpijob-v2beta1
  validationActions: $actions
"""
)

_VALIDATING_POLICY = Template(
    """\
# Kyverno 1.17 and later, before it --legacy. --enforce refuses the jobs; without it whoever makes
# one is warned.
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata:
  name: mpiaudit-mpijob-v2beta1
spec:
  validationActions: $actions
  # What happens while Kyverno is away: a policy that only warns then stops nobody.
  failurePolicy: $failure
  evaluation:
    background:
      # A scan cannot tell in which version a job was written: the API server shows it in any.
      enabled: false
"""
    + _SPEC
)

_CLUSTER_POLICY = Template(
    """\
# Kyverno 1.13 and later; deprecated there in favour of ValidatingPolicy. --enforce refuses the
# jobs; without it they are reported.
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: mpiaudit-mpijob-v2beta1
spec:
  # A scan cannot tell in which version a job was written: the API server shows it in any.
  background: false
  webhookConfiguration:
    # Kyverno is asked about v2beta1 too; while it is away those jobs must go on.
    failurePolicy: Ignore
  rules:
  - name: v2beta1
    match:
      any:
      - resources:
          # With v1 alone, jobs of v2beta1 would be converted to it and be taken for such.
          kinds: [kubeflow.org/*/MPIJob]
          # Jobs that are there can be changed, finish and be deleted; so can their status.
          operations: [CREATE]
    validate:
      failureAction: $action
      message: $says
      deny:
        conditions:
          all:
          - key: "{{ request.requestKind.version }}"
            operator: AnyIn
            value: [v1, v1alpha1, v1alpha2]
"""
)
