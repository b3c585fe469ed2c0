"""Manifests of several files: which definitions of MPIJob meet in one cluster, and what is said."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding, Report
from mpiaudit.rule import Confidence, Disposition, Severity

Body = dict[str, Any]

TRAINING = "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489"
KINDS = ["--enable-scheme=tfjob", "--enable-scheme=pytorchjob"]
OPERATOR = "mpioperator/mpi-operator:0.8.0"


def crd(*served: str, api: str = "v1", strict: bool = True, **metadata: str) -> Body:
    """Return a definition that stores the last of the versions that it serves."""
    spec = {"properties": {"slotsPerWorker": {"type": "integer"}}}
    keeps = {} if strict else {"x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"properties": {"spec": {**spec, **keeps}}}}
    return {
        "apiVersion": f"apiextensions.k8s.io/{api}",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", **metadata},
        "spec": {
            "group": "kubeflow.org",
            "versions": [
                {"name": v, "served": True, "storage": v == served[-1], "schema": schema}
                for v in served
            ],
        },
    }


def deployment(name: str, image: str, *args: str, api: str = "apps/v1", **metadata: str) -> Body:
    """Return a controller's Deployment in the namespace kubeflow."""
    container: Body = {"name": name, "image": image} if image else {"name": name}
    if args:
        container["args"] = list(args)
    return {
        "apiVersion": api,
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kubeflow", **metadata},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def training(*args: str) -> Body:
    """Return training-operator 1.9.4, which runs every kind without *args*."""
    return deployment("training-operator", TRAINING, *args)


def operator(image: str = OPERATOR, *args: str) -> Body:
    """Return mpi-operator."""
    return deployment("mpi-operator", image, *args)


def scan(folder: Path, **given: list[Body]) -> Report:
    """Return the report on files of some objects each, by their names."""
    for name, bodies in given.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(bodies))
    inventory = build(files.collect([str(folder)], None))
    return engine.audit(inventory, engine.load_rules(), Coverage("files", live=False))


def every(report: Report) -> dict[str, Finding]:
    """Return all findings of *report*, symptoms too, by rule; the last of each."""
    return {each.rule.id: each for f in report.findings for each in f.family}


def test_each_operator_with_its_own_definition(tmp_path: Path) -> None:
    """The commonest mistake offline: whichever is applied last, one of the two cannot start."""
    report = scan(
        tmp_path, mpi=[crd("v2beta1"), operator()], crd=[crd("v1")], training=[training()]
    )

    found = every(report)

    assert (found["MPA055"].severity, found["MPA055"].confidence) == (
        Severity.HIGH,
        Confidence.LIKELY,
    )
    assert found["MPA055"].hit.at.object.source == str(tmp_path / "crd.yaml")
    assert str(tmp_path / "mpi.yaml") in found["MPA055"].hit.message
    assert found["MPA028"].confidence is Confidence.LIKELY
    assert "MPA007" not in {f.rule.id for f in report.findings}


def test_a_definition_is_too_many_even_if_its_controller_leaves_mpijob_alone(
    tmp_path: Path,
) -> None:
    """The flags alone do not make room for mpi-operator's definition."""
    given = [crd("v1"), training(*KINDS)]

    found = every(scan(tmp_path, mpi=[crd("v2beta1"), operator()], training=given))

    assert "MPA055" in found
    assert "MPA028" not in found


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(
            {"old": [crd("v1"), operator("mpioperator/mpi-operator:0.2.3")]},
            id="two releases of mpi-operator",
        ),
        pytest.param({"old": [crd("v1")]}, id="nobody for the other one"),
        pytest.param(
            {"one": [crd("v1"), training()], "two": [crd("v1"), training()]},
            id="two versions of training-operator",
        ),
        pytest.param({"same": [crd("v2beta1"), training()]}, id="the same versions"),
    ],
)
def test_alternatives_do_not_contradict_each_other(
    tmp_path: Path, given: dict[str, list[Body]]
) -> None:
    """Many repositories hold several versions of one deployment, side by side."""
    found = every(scan(tmp_path, mpi=[crd("v2beta1"), operator()], **given))

    assert "MPA055" not in found


def test_controllers_that_both_definitions_serve(tmp_path: Path) -> None:
    """As long as v1 stays served, neither controller of v1 stops."""
    old = [crd("v1alpha2", "v1"), operator("mpioperator/mpi-operator:0.2.3")]

    assert "MPA055" not in every(scan(tmp_path, old=old, training=[crd("v1"), training()]))


def test_a_kustomization_may_leave_a_definition_out(tmp_path: Path) -> None:
    """Kueue's own recipe deletes training-operator's CRD, and lists its kinds, by patches."""
    (tmp_path / "kustomization.yaml").write_text("resources: [mpi.yaml, training.yaml]\n")

    found = every(
        scan(tmp_path, mpi=[crd("v2beta1"), operator()], training=[crd("v1"), training()])
    )

    assert found["MPA055"].confidence is Confidence.POSSIBLE
    assert found["MPA028"].confidence is Confidence.POSSIBLE


def test_several_definitions_of_one_product_are_of_several_clusters(tmp_path: Path) -> None:
    """Where mpi-operator is given in two versions, nobody knows which one stands beside."""
    old = [crd("v1alpha2", "v1", "v2beta1")]

    found = every(scan(tmp_path, mpi=[crd("v2beta1"), operator()], old=old, training=[training()]))

    assert found["MPA028"].confidence is Confidence.POSSIBLE


@pytest.mark.parametrize("image", ["", TRAINING])
def test_a_deployment_that_another_manifest_turns_off(tmp_path: Path, image: str) -> None:
    """The base runs every kind; the patch beside it, or another overlay, does not."""
    patch = deployment("training-operator", image, *KINDS, namespace="")
    report = scan(tmp_path, mpi=[crd("v2beta1"), operator()], base=[training()], patch=[patch])

    found = every(report)

    assert found["MPA003"].confidence is Confidence.POSSIBLE
    assert found["MPA028"].confidence is Confidence.POSSIBLE
    assert report.verdict.answer == (
        "mpi-operator 0.8.0 owns MPIJob here.",
        (
            "training-operator 1.9.4 leaves MPIJob alone where "
            f"{tmp_path / 'patch.yaml'} is applied over it."
        ),
    )


@pytest.mark.parametrize(
    ("metadata", "other"), [({"uid": "1"}, {}), ({}, {"namespace": "elsewhere"})]
)
def test_what_no_patch_turns_off(
    tmp_path: Path, metadata: dict[str, str], other: dict[str, str]
) -> None:
    """What runs runs, whatever a file says, and a patch of another object changes nothing."""
    base = deployment("training-operator", TRAINING, **metadata)
    patch = deployment("training-operator", "", *KINDS, **other)

    found = every(scan(tmp_path, mpi=[crd("v2beta1"), operator()], base=[base], patch=[patch]))

    assert found["MPA003"].confidence is not Confidence.POSSIBLE


def test_a_patch_alone_defines_nothing(tmp_path: Path) -> None:
    """Kueue's patch of the CRD says nothing of which versions are served."""
    patch = {**crd(), "$patch": "delete"}
    del patch["spec"]

    report = scan(tmp_path, mpi=[operator()], patch=[patch])

    assert report.findings == ()
    assert report.verdict.facts == ()
    assert report.verdict.answer == (
        "mpi-operator 0.8.0 (v2beta1) would reconcile MPIJob; what the CRD serves is not known.",
    )


@pytest.mark.parametrize(("given", "verb"), [(crd("v1"), "curl"), (crd("v2beta1"), "kubectl")])
def test_a_definition_is_not_applied_over_one_that_it_cannot_follow(
    tmp_path: Path, given: Body, verb: str
) -> None:
    """Once the given CRD was applied, the API server refuses one without its versions."""
    for version in given["spec"]["versions"]:
        version["served"] = False

    fix = every(scan(tmp_path, mpi=[given, operator()]))["MPA002"].hit.fix

    assert fix is not None
    assert fix.text.startswith(f"{verb} ")
    assert fix.text.endswith("/mpi-operator/v0.8.0/manifests/base/kubeflow.org_mpijobs.yaml")


@pytest.mark.parametrize(
    ("served", "strict", "effect"),
    [
        (
            ("v1alpha2", "v2beta1"),
            True,
            (
                "jobs written so are accepted and lose cleanPodPolicy, backoffLimit, "
                "activeDeadlineSeconds, mpiDistribution and mainContainer"
            ),
        ),
        (
            ("v1alpha2", "v1"),
            False,
            "jobs written so are accepted, and no mpi-operator since 0.4 knows the version",
        ),
        (
            ("v1alpha1", "v1"),
            True,
            "jobs written so are accepted and lose most of their spec",
        ),
    ],
)
def test_what_a_job_of_an_old_version_loses(
    tmp_path: Path, *, served: tuple[str, ...], strict: bool, effect: str
) -> None:
    """Somebody has to decide what to rescue."""
    old = every(scan(tmp_path, crd=[crd(*served, strict=strict)]))["MPA008"]

    assert old.hit.effect == effect


def test_versions_that_keep_everything_lose_nothing(tmp_path: Path) -> None:
    """Only what is dropped can be lost, which is so again below a field that is declared."""
    keeps, partly = (crd("v1", "v2beta1", strict=False) for _ in range(2))
    for version in partly["spec"]["versions"]:
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"] = {"runPolicy": {"properties": {"suspend": {"type": "boolean"}}}}

    assert "MPA004" not in every(scan(tmp_path, crd=[keeps]))
    assert "MPA004" in every(scan(tmp_path, crd=[partly]))


def test_to_stop_serving_a_version_interrupts_its_jobs(tmp_path: Path) -> None:
    """Nothing deletes their pods afterwards, so it is not safe."""
    found = every(scan(tmp_path, crd=[crd("v1alpha2", "v2beta1")], mpi=[operator()]))

    for rule in ("MPA004", "MPA008"):
        fix = found[rule].hit.fix
        assert fix is not None
        assert fix.disposition is Disposition.INTERRUPTS


def test_a_definition_that_is_not_applied_has_one_finding(tmp_path: Path) -> None:
    """No cluster of today takes the manifest; what else is in it matters only then."""
    old = crd("v1alpha2", "v1", api="v1beta1")
    old["spec"]["preserveUnknownFields"] = False

    report = scan(tmp_path, crd=[old])

    assert [f.rule.id for f in report.findings] == ["MPA228"]
    assert {"MPA004", "MPA007", "MPA008", "MPA226"} < every(report).keys()


@pytest.mark.parametrize(
    ("controller", "effect"),
    [
        (
            deployment("mpi-operator", "mpioperator/mpi-operator:0.2.3", "--namespace=a"),
            "after an upgrade to mpi-operator 0.4 or later nobody runs these jobs",
        ),
        (training(), "after an upgrade to Trainer 2 nobody runs these jobs"),
    ],
)
def test_the_end_of_v1_is_that_of_its_controller(
    tmp_path: Path, controller: Body, effect: str
) -> None:
    """Who has no training-operator is not helped by advice about it."""
    container = controller["spec"]["template"]["spec"]["containers"][0]
    if controller["metadata"]["name"] == "mpi-operator":
        container["command"] = ["/opt/mpi-operator.v1"]

    assert every(scan(tmp_path, crd=[crd("v1")], controller=[controller]))["MPA007"].hit.effect == (
        effect
    )


@pytest.mark.parametrize(
    ("served", "command", "cause"),
    [
        ("v2beta1", ["/opt/mpi-operator.v1"], "MPA022"),
        ("v1", ["/opt/mpi-operator.v1"], "MPA022"),
        ("v1", [], "MPA002"),
    ],
)
def test_a_floating_tag_that_has_moved_is_one_finding(
    tmp_path: Path, served: str, command: list[str], cause: str
) -> None:
    """What latest stands for now is the fault; that it will move again is a part of it."""
    floating = operator("mpioperator/mpi-operator:latest")
    floating["spec"]["template"]["spec"]["containers"][0]["command"] = command

    report = scan(tmp_path, all=[crd(served), floating])

    found = {f.rule.id: [s.rule.id for s in f.explains] for f in report.findings}
    assert "MPA020" in found[cause]
    assert "MPA020" not in found


def test_what_latest_has_no_flag_for(tmp_path: Path) -> None:
    """Without the flag another program starts than the manifest was written for: no fix is safe."""
    old = operator("mpioperator/mpi-operator:latest", "--kubectl-delivery-image=x")
    wrong = operator("mpioperator/mpi-operator:latest", "--kubeflow-namespace=x")
    running = {**old, "metadata": {**old["metadata"], "uid": "1"}, "status": {"readyReplicas": 1}}

    found = {
        name: every(scan(tmp_path, all=[body]))["MPA023"]
        for name, body in {"old": old, "wrong": wrong, "running": running}.items()
    }

    assert {name: (f.severity.word, f.confidence.word) for name, f in found.items()} == {
        "old": ("critical", "likely"),
        "wrong": ("critical", "likely"),
        "running": ("medium", "likely"),
    }
    assert {name for name, f in found.items() if f.hit.fix} == {"wrong"}


def test_a_controller_that_cannot_start_does_not_run_jobs(tmp_path: Path) -> None:
    """The first lines must not promise what the first finding denies."""
    report = scan(tmp_path, all=[operator(OPERATOR, "--kubectl-delivery-image=x")])

    assert report.verdict.answer == (
        (
            "mpi-operator 0.8.0 (v2beta1) would reconcile MPIJob and does not work: MPA023, "
            "mpi-operator 0.8.0 has no flag --kubectl-delivery-image; 0.3 was the last with it."
        ),
    )


def test_nobody_is_not_said_where_it_is_not_known(tmp_path: Path) -> None:
    """An unknown controller may well reconcile MPIJob."""
    unsure = operator("mpioperator/mpi-operator:latest", "--kubectl-delivery-image=x")

    report = scan(tmp_path, all=[unsure])

    assert report.verdict.answer == ("Whether mpi-operator reconciles MPIJob is unknown.",)
