"""``mpiaudit policy`` judges new jobs of v1 and nothing else; tests/cluster applies it."""

import re
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mpiaudit import engine
from mpiaudit.cli import commands, run

KINDS = (["vap"], ["kyverno"], ["kyverno", "--legacy"])


def policy(*arguments: str) -> str:
    """Return what ``mpiaudit policy`` prints."""
    done = CliRunner().invoke(commands, ["policy", *arguments], standalone_mode=False)
    assert done.exception is None
    return done.stdout


def parts(text: str) -> dict[str, Any]:
    """Return the specs in *text*, by kind."""
    return {body["kind"]: body["spec"] for body in yaml.safe_load_all(text)}


@pytest.mark.parametrize("engine_of", ["vap", "kyverno"])
def test_v2beta1_is_not_asked_about(engine_of: str) -> None:
    """With matchPolicy Equivalent it would be, as v1, where the CRD serves both."""
    specs = parts(policy(engine_of))

    judged = next(s["matchConstraints"] for s in specs.values() if "matchConstraints" in s)
    assert judged == {
        "matchPolicy": "Exact",
        "resourceRules": [
            {
                "apiGroups": ["kubeflow.org"],
                "apiVersions": ["v1", "v1alpha1", "v1alpha2"],
                "operations": ["CREATE"],
                "resources": ["mpijobs"],
            }
        ],
    }


def test_legacy_asks_about_each_version_as_it_is() -> None:
    """Kyverno's own hook converts what it matches to the version of the policy, if it names one."""
    (rule,) = parts(policy("kyverno", "--legacy"))["ClusterPolicy"]["rules"]

    (match,) = rule["match"]["any"]
    assert match == {"resources": {"kinds": ["kubeflow.org/*/MPIJob"], "operations": ["CREATE"]}}
    (condition,) = rule["validate"]["deny"]["conditions"]["all"]
    assert condition["value"] == ["v1", "v1alpha1", "v1alpha2"]


@pytest.mark.parametrize("arguments", KINDS)
def test_only_enforce_refuses(arguments: list[str]) -> None:
    """Whoever applies a policy for the first time stops nobody."""
    gentle, strict = policy(*arguments), policy(*arguments, "--enforce")

    refuses = re.compile(r"\[Deny\]$|failureAction: Enforce$", re.MULTILINE)
    assert refuses.search(gentle) is None
    assert refuses.search(strict)


@pytest.mark.parametrize("arguments", KINDS)
def test_advice_can_be_followed(arguments: list[str]) -> None:
    """The rule that it names is there, and about this."""
    (named,) = set(re.findall(r"`mpiaudit explain (MPA\d+)`", policy(*arguments)))

    (title,) = [rule.title for rule in engine.load_rules() if rule.id == named]
    assert title == "MPIJob is not written in v2beta1"


def test_legacy_is_about_kyverno(capsys: pytest.CaptureFixture[str]) -> None:
    """No option is ignored."""
    assert run(["policy", "vap", "--legacy"]) == 2
    assert "--legacy is for kyverno" in capsys.readouterr().err
