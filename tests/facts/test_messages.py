"""Error texts and the rules that explain them."""

from __future__ import annotations

import re

import pytest

from mpiaudit.facts.messages import Message, messages, rules_for


@pytest.mark.parametrize("message", messages(), ids=lambda m: m.text[:40])
def test_a_whole_line_finds_its_own_message_first(message: Message) -> None:
    """A longer, more general text must not push the exact one aside."""
    assert rules_for(message.example)[0] == message


@pytest.mark.parametrize("message", messages(), ids=lambda m: m.text[:40])
def test_a_message_names_a_rule_and_says_what_to_do(message: Message) -> None:
    """The answer is read even where the rule itself cannot run, for want of a cluster."""
    assert re.fullmatch(r"MPA\d{3}", message.rule)
    assert message.meaning.endswith(".")
    assert "\n" not in message.meaning


PASTED = {
    """Error: The CustomResourceDefinition "mpijobs.kubeflow.org" is invalid:
       status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions""": "MPA006",
    """ERROR setup problem running manager {"error": "failed to wait for mpijob-controller caches
       to sync: timed out waiting for cache to be synced for Kind *v1.MPIJob"}""": "MPA003",
    "failed to wait for mpijob-controller caches to sync kind source: *v1.MPIJob": "MPA003",
    "I1124 10:00:00.000000 1 server.go:122] CRD doesn\u2019t exist. Exiting": "MPA002",
    'invalid value "mxjob" for flag -enable-scheme: scheme mxjob is not s...': "MPA025",
    "flag provided but not defined: -enable-gang-scheduling": "MPA024",
    "flag provided but not defined: -gpus-per-node\nUsage of /opt/mpi-operator:": "MPA023",
    "flag provided but not defined: -foo": "MPA023",
    """4s Warning ValidationError mpijob/a Found validation errors: [spec.mpiReplicaSpecs[Worker]
       .replicas: Invalid value: 0: must be greater than or equal to 1]""": "MPA110",
    "spec.mpiReplicaSpecs[Worker].replicas: Invalid value: -2": "MPA086",
    'Resource "coll" of Kind "" already exists and is not managed by MPIJob': "MPA068",
    "Permissions 0644 for '/home/mpiuser/.ssh/id_rsa' are too open.": "MPA132",
    "ssh: connect to host a-worker-3.a.ml.svc port 22: Connection refused": "MPA099",
    'no matches for kind "MPIJob" in version "kubeflow.org/v1alpha1"': "MPA080",
    r'{"error": "no matches for kind \"MPIJob\" in version \"kubeflow.org/v2beta1\""}': "MPA002",
    r"""jobs.batch \"x-launcher\" is forbidden: User \"system:serviceaccount:kubeflow:mpi-operator\"
       cannot update resource \"jobs/status\" in API group \"batch\" """: "MPA036",
    'pods "a-launcher-z" is forbidden: failed quota: q: must specify limits.cpu for: c': "MPA111",
    "caches to sync: timed out": "MPA003",
    "ERRRESOURCEEXISTS": "MPA068",
}


@pytest.mark.parametrize(("pasted", "rule"), PASTED.items())
def test_what_users_paste_finds_the_rule(pasted: str, rule: str) -> None:
    """Line breaks, prefixes, other names, other quotes, half a line: all from real reports."""
    assert rules_for(pasted)[0].rule == rule


def test_a_log_with_two_causes_names_both() -> None:
    """A log holds more than one line; the reader gets every cause."""
    log = "Error initially creating lease lock\nError starting server for health check: listen"

    assert {m.rule for m in rules_for(log)} == {"MPA033", "MPA037"}


@pytest.mark.parametrize("pasted", ["", "error", "   ", "all pods are ready", "v2beta1", "is "])
def test_other_text_finds_nothing(pasted: str) -> None:
    """A wrong explanation costs more time than none."""
    assert rules_for(pasted) == ()
