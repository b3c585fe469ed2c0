"""Which API server is asked, and as whom."""

import json
import os
import sys
from pathlib import Path

import pytest

from collect.server import Fault, Request, kubeconfig, serve
from collect.small import cluster
from mpiaudit.collect.live import Options, collect
from mpiaudit.model import AuditError

PODS = frozenset({"Pod"})


def requests(folder: Path, user: dict[str, object], **options: object) -> list[Request]:
    """Return what arrives when *user* reads pods."""
    with serve(cluster()) as server:
        path = kubeconfig(folder / "config", server, user)
        for _ in collect(PODS, Options(path, **options)).resources:  # type: ignore[arg-type]
            pass
    return server.requests


def exec_user(code: str) -> dict[str, object]:
    """Return a user whose credentials come from running *code*."""
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", code],
            "interactiveMode": "Never",
        }
    }


def test_a_token_is_sent_with_every_request(tmp_path: Path) -> None:
    """The simplest kubeconfig there is."""
    found = requests(tmp_path, {"token": "open-sesame"})

    assert {tuple(r.headers["authorization"]) for r in found} == {("Bearer open-sesame",)}


def test_the_line_end_of_a_token_file_is_no_part_of_the_token(tmp_path: Path) -> None:
    """An editor adds one, and a header may not hold it."""
    (tmp_path / "token").write_text("open-sesame\n")

    found = requests(tmp_path, {"tokenFile": "token"})

    assert {tuple(r.headers["authorization"]) for r in found} == {("Bearer open-sesame",)}


def test_a_token_that_cannot_be_sent_is_not_shown(tmp_path: Path) -> None:
    """The library's own message holds the token, and a terminal is often shared."""
    with pytest.raises(AuditError, match="credentials do not fit into a header") as caught:
        requests(tmp_path, {"token": "open\nsesame"})

    assert "sesame" not in str(caught.value)


def test_an_exec_plug_in_gives_the_token(tmp_path: Path) -> None:
    """Managed clusters hand out tokens by a program."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "fresh"},
    }

    found = requests(tmp_path, exec_user(f"print('''{json.dumps(credential)}''')"))

    assert {tuple(r.headers["authorization"]) for r in found} == {("Bearer fresh",)}


def test_a_failing_exec_plug_in_is_told_and_nothing_is_asked(tmp_path: Path) -> None:
    """The client alone would go on as system:anonymous, and be refused everything."""
    with serve(cluster()) as server:
        user = exec_user("import sys; sys.exit('session expired')")
        path = kubeconfig(tmp_path / "config", server, user)

        with pytest.raises(AuditError, match=r"context 'lab': the exec plug-in .* failed: .+"):
            collect(PODS, Options(path))

        assert server.requests == []


def test_impersonation_is_sent_as_kubectl_sends_it(tmp_path: Path) -> None:
    """An admin checks what an auditor's ServiceAccount may read."""
    found = requests(tmp_path, {}, as_user="jane", as_groups=("dev", "ops"))

    assert {tuple(r.headers["Impersonate-User"]) for r in found} == {("jane",)}
    assert {tuple(r.headers["Impersonate-Group"]) for r in found} == {("dev", "ops")}


def test_a_kubeconfig_may_ask_for_impersonation(tmp_path: Path) -> None:
    """The client ignores it, and would read with more rights than were asked for."""
    user: dict[str, object] = {
        "as": "jane",
        "as-uid": "7",
        "as-groups": ["dev"],
        "as-user-extra": {"reason": ["a", "b"]},
    }

    found = requests(tmp_path, user)[0].headers

    assert found["Impersonate-User"] == ["jane"]
    assert found["Impersonate-Uid"] == ["7"]
    assert found["Impersonate-Group"] == ["dev"]
    assert found["Impersonate-Extra-reason"] == ["a", "b"]


def test_a_group_without_a_user_is_refused(tmp_path: Path) -> None:
    """The API server would refuse each request instead."""
    with pytest.raises(AuditError, match="--as-group needs --as"):
        requests(tmp_path, {}, as_groups=("dev",))


def test_the_first_of_several_files_sets_the_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KUBECONFIG=a:b means what it means to kubectl, missing files included."""
    with serve(cluster()) as first, serve(cluster()) as second:
        paths = [
            str(tmp_path / "missing"),
            kubeconfig(tmp_path / "a", first, name="first"),
            kubeconfig(tmp_path / "b", second, name="second"),
        ]
        monkeypatch.setenv("KUBECONFIG", os.pathsep.join(paths))

        sources = {r.source for r in collect(PODS, Options()).resources}
        others = {r.source for r in collect(PODS, Options(context="second")).resources}

    assert (sources, others) == ({"cluster:first"}, {"cluster:second"})
    assert len(first.requests) == len(second.requests)


def test_a_provider_that_kubectl_has_no_more_is_told_with_its_successor(tmp_path: Path) -> None:
    """Kubeconfigs of old clusters outlive the way to sign in that they name."""
    with pytest.raises(AuditError) as caught:
        requests(tmp_path, {"auth-provider": {"name": "azure", "config": {}}})

    assert str(caught.value) == (
        "kubeconfig, context 'lab': kubectl has no auth provider azure since 1.26; "
        "use the exec plug-in kubelogin"
    )


def test_an_unknown_context_is_told_with_those_there_are(tmp_path: Path) -> None:
    """A misspelt context is put right without opening the file."""
    with serve({}) as server:
        path = kubeconfig(tmp_path / "config", server)

    with pytest.raises(AuditError) as caught:
        collect(PODS, Options(path, context="prod"))

    assert str(caught.value) == ("kubeconfig: no context 'prod'; choose one with --context: lab")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a kubeconfig"),
        ("[]", "not a kubeconfig: no mapping in it"),
        ("contexts: []", "no current context"),
        (
            "{current-context: a, contexts: [{name: a, context: {cluster: b}}], clusters: []}",
            "context 'a': .*b",
        ),
    ],
    ids=["syntax", "list", "no-context", "no-cluster"],
)
def test_a_bad_kubeconfig_is_told_in_one_line(content: str, message: str, tmp_path: Path) -> None:
    """Whatever is wrong in it, it is no crash."""
    path = tmp_path / "config"
    path.write_text(content)

    with pytest.raises(AuditError, match=message) as caught:
        collect(PODS, Options(str(path)))

    assert "\n" not in str(caught.value)


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    """The path as it was given."""
    with pytest.raises(AuditError, match="nowhere: no such kubeconfig"):
        collect(PODS, Options(str(tmp_path / "nowhere")))


def test_without_a_kubeconfig_the_pods_own_account_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a CronJob there is none; on a new laptop there is neither."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(AuditError, match=r"no kubeconfig at ~/.kube/config and not in a cluster"):
        collect(PODS, Options())


def test_a_token_that_expires_half_way_is_a_gap(tmp_path: Path) -> None:
    """What was read before stands; the rest is not taken for empty."""
    with serve(cluster(), Fault("/pods", status=401)) as server:
        reading = collect(PODS, Options(kubeconfig(tmp_path / "config", server)))

        assert list(reading.resources) == []

    assert reading.gaps["Pod"].reason == (
        "may not list pods: the API server does not accept the credentials (401)"
    )
