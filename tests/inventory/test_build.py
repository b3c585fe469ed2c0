"""What becomes of the objects that a collector read: views, gaps, listed kinds and a time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import Gap, Resource
from mpiaudit.reading import Answers, Reading

JOB = {
    "apiVersion": "kubeflow.org/v2beta1",
    "kind": "MPIJob",
    "metadata": {"name": "train", "namespace": "team-a"},
    "spec": {"mpiReplicaSpecs": {"Launcher": {"replicas": 1}}},
}


def exported(body: Mapping[str, Any], uid: str, **metadata: str) -> dict[str, Any]:
    """Return *body* as an API server hands it out."""
    return {**body, "metadata": {**body["metadata"], "uid": uid, **metadata}}


def crd(uid: str = "", **status: list[str]) -> dict[str, Any]:
    """Return a definition that serves v2beta1; an installed one has a uid or a status."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", **({"uid": uid} if uid else {})},
        "spec": {"versions": [{"name": "v2beta1", "served": True, "storage": True}]},
        "status": status,
    }


def from_files(*bodies: Mapping[str, Any]) -> Inventory:
    """Return the inventory of *bodies*, each a file of its own."""
    return build(Reading(Resource(b, f"{n}.yaml") for n, b in enumerate(bodies)))


def from_list(*bodies: Mapping[str, Any]) -> Inventory:
    """Return the inventory of one List of *bodies*, as ``kubectl get -o yaml`` prints it."""
    listing = (Resource(b, "all.yaml", prefix=("items", n)) for n, b in enumerate(bodies))
    return build(Reading(listing))


ADMIN = [
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "cluster-admin", "uid": f"admin-{kind}"},
    }
    for kind in ("ClusterRole", "ClusterRoleBinding")
]
"""What every cluster has that is ruled by RBAC."""


def from_cluster(*bodies: Mapping[str, Any], gaps: Mapping[str, Gap] | None = None) -> Inventory:
    """Return the inventory of a live cluster, with manifests laid over it."""
    return build(
        Reading(
            (Resource(b, "cluster:test") for b in (*ADMIN, *bodies)),
            gaps=dict(gaps or {}),
            taken="2026-03-01T10:00:00Z",
            answers=Answers(owned=[True]),
        )
    )


def test_a_kind_that_no_file_holds_is_not_given() -> None:
    """Files prove presence and not absence: no rule may take silence for a fact."""
    inventory = from_files(JOB)

    assert inventory.gaps["services"] == Gap("no services among the files", unreadable=False)
    assert inventory.gaps["launcher_jobs"].reason == "no launcher jobs among the files"
    assert "jobs" not in inventory.gaps


def test_a_refused_kind_is_unreadable() -> None:
    """An audit that was refused a kind is incomplete, and says so by its exit code."""
    refusal = Gap("may not list pods: forbidden")

    inventory = from_cluster(JOB, gaps={"Pod": refusal})

    assert inventory.gaps == {"pods": refusal}
    assert inventory.pods == ()


def test_the_worse_of_two_gaps_of_a_field_counts() -> None:
    """Deployments and StatefulSets share a field; a refusal must not hide behind the other."""
    refusal = Gap("may not list deployments.apps: forbidden")
    gaps = {"Deployment": refusal, "StatefulSet": Gap("not asked for", unreadable=False)}

    assert from_cluster(gaps=gaps).gaps == {"controllers": refusal}


def test_an_empty_live_kind_is_known_to_be_empty() -> None:
    """A live cluster without the definition has none: that is a fact and not a gap."""
    inventory = from_cluster(JOB)

    assert inventory.crd is None
    assert inventory.gaps == {}
    assert "CustomResourceDefinition" in inventory.listed


def test_a_refused_kind_is_not_listed() -> None:
    """What is not in a list that could not be read may well be there."""
    inventory = from_cluster(gaps={"Service": Gap("may not list services: forbidden")})

    assert "Service" not in inventory.listed
    assert "Pod" in inventory.listed


def test_a_list_of_exported_objects_makes_its_kinds_listed() -> None:
    """``kubectl get services -A -o yaml`` holds every Service, so a missing one is missing."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}

    inventory = from_list(exported(service, "1"), exported(JOB, "2"))

    assert inventory.listed == {"Service", "MPIJob"}


def test_a_list_of_manifests_is_not_listed() -> None:
    """A List written by hand groups what its author wanted together, and is never complete."""
    assert from_list(JOB).listed == frozenset()


def test_a_single_exported_object_is_not_listed() -> None:
    """``kubectl get mpijob train -o yaml`` says nothing about other jobs."""
    assert from_files(exported(JOB, "1")).listed == frozenset()


def test_a_list_closes_the_gap_of_a_kind_of_which_no_object_matters() -> None:
    """An export of all definitions without MPIJob's proves that MPIJob's is not installed."""
    other = exported(crd(), "1", name="tfjobs.kubeflow.org")

    inventory = from_list(other)

    assert inventory.crds == ()
    assert "crds" not in inventory.gaps
    assert "crd" not in inventory.gaps


def test_an_object_that_is_given_twice_counts_once() -> None:
    """Folders of exports overlap; a job that is in two files must not be reported twice."""
    job = exported(JOB, "1")

    assert len(from_files(job, job).jobs) == 1


def test_manifests_of_one_name_all_count() -> None:
    """A base and its overlay are two manifests, and each may hold a fault of its own."""
    assert len(from_files(JOB, JOB).jobs) == 2


def test_kinds_of_other_groups_are_something_else() -> None:
    """A Knative Service is no Service, a Volcano Job no launcher, an Argo Event no Event."""
    inventory = from_files(
        {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "a"}},
        {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": {"name": "b"}},
        {"apiVersion": "batch.example.com/v1", "kind": "MPIJob", "metadata": {"name": "c"}},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Event", "metadata": {"name": "d"}},
        {"apiVersion": "apps.example.com/v1", "kind": "Deployment", "metadata": {"name": "e"}},
    )

    found = (inventory.services, inventory.launcher_jobs, inventory.jobs, inventory.events)
    assert found == ((), (), (), ())
    assert inventory.controllers == ()


def test_the_definition_of_another_group_is_not_the_definition() -> None:
    """Volcano and others define kinds of their own; only mpijobs.kubeflow.org counts."""
    other = crd()
    other["metadata"]["name"] = "mpijobs.batch.example.com"

    assert from_files(other).crds == ()


def test_the_installed_definition_is_the_one_in_force() -> None:
    """Beside the installed definition lies the one to apply next; rules judge the former."""
    inventory = from_files(crd(), crd("1", storedVersions=["v2beta1"]))

    assert inventory.crd is not None
    assert inventory.crd.ref.source == "1.yaml"
    assert [c.ref.source for c in inventory.crds] == ["0.yaml", "1.yaml"]


def test_the_only_definition_given_is_taken_for_the_one_in_force() -> None:
    """A folder with one definition means that it will be applied."""
    inventory = from_files(crd())

    assert inventory.crd is not None
    assert "crd" not in inventory.gaps


def test_several_manifests_of_the_definition_leave_it_open() -> None:
    """A folder of releases holds many definitions; to pick one would be a guess."""
    inventory = from_files(crd(), crd())

    assert inventory.crd is None
    assert inventory.gaps["crd"] == Gap(
        "2 definitions of the CRD were given: 0.yaml, 1.yaml", unreadable=False
    )


def test_an_export_was_taken_at_its_latest_time() -> None:
    """Ages in an export are counted to the newest time in it, not to the day of the audit."""
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"},
        "spec": {"renewTime": "2026-03-01T10:00:05.250000Z"},
    }
    job = exported(JOB, "2", creationTimestamp="2026-03-01T09:00:00Z")

    inventory = from_list(exported(lease, "1", creationTimestamp="2026-02-01T08:00:00Z"), job)

    assert inventory.now == datetime(2026, 3, 1, 10, 0, 5, 250000, UTC)


def test_manifests_bear_no_time() -> None:
    """Nothing in a manifest tells how old it is, so rules about ages cannot be judged."""
    inventory = from_files(JOB)

    assert inventory.now is None
    assert inventory.gaps["now"] == Gap("no object bears a time", unreadable=False)


def test_a_live_cluster_is_read_by_its_own_clock() -> None:
    """The API server's clock counts even where no object is that new."""
    job = exported(JOB, "1", creationTimestamp="2026-02-28T10:00:00Z")

    assert from_cluster(job).now == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def test_the_verdict_is_always_read_for() -> None:
    """Whatever rules are selected, the first lines of a report need these kinds."""
    assert kinds_for(()) == {
        "CustomResourceDefinition",
        "Deployment",
        "StatefulSet",
        "MPIJob",
        "Pod",
    }


def test_kinds_follow_from_what_rules_ask_for() -> None:
    """No list of kinds is kept by hand: a rule that asks for Services has them read."""
    wanted = kinds_for(("services", "now"))

    assert {"Service", "Lease", "Event"} <= wanted
    assert "Secret" not in wanted


def test_a_gap_names_a_few_files_and_counts_the_rest() -> None:
    """A repository with fifty copies of the CRD does not fill the screen with their names."""
    inventory = from_files(*(crd() for _ in range(5)))

    assert inventory.gaps["crd"].reason == (
        "5 definitions of the CRD were given: 0.yaml, 1.yaml, 2.yaml and 2 more"
    )
