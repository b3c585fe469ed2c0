"""Unrendered Helm, Go and Jinja templates, told from manifests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COMMAND = "helm template {} | mpiaudit scan -"
"""What judges a chart, with its folder."""

MESSAGE = f"an unrendered template, not a manifest; render it first: {COMMAND.format('...')}"

_ACTION = re.compile(rb"^[ \t]*(?:- +)?(?:\{\{|\{%)|:[ \t]+(?:\{\{|\{%)", re.MULTILINE)
_KIND = re.compile(rb"^kind:[ \t]*([A-Za-z]\w*)[ \t\r]*$", re.MULTILINE)
_PARAMETER = re.compile(r"\{\{.*?\}\}|\$\{trialParameters\.[^{}\n]*\}", re.DOTALL)
_FILLED = "$(parameter)"
"""Stands for a parameter: YAML can read it everywhere, and no rule takes it for a value."""

TRIAL_FILLED = "$(trialParameter)"
"""Stands for one of Katib's, and so marks a template of trials."""

_BLOCKS = ("kind", "apiVersion", "metadata", "spec")


def breaks(text: bytes, line: int) -> bool:
    """Return whether a template action is what makes *text* unreadable at *line*, from 0.

    An action inside quotes, as in an Argo parameter, breaks nothing.
    """
    if _ACTION.search(text):
        return True
    around = text.split(b"\n")[max(line - 1, 0) : line + 1]
    return any(b"{{" in one or b"{%" in one for one in around)


def fills(body: Mapping[str, Any]) -> bool:
    """Return whether an action stands for the kind, the version or a whole block of *body*."""
    return any(isinstance(value := body.get(key), str) and "{{" in value for key in _BLOCKS)


def kinds(text: bytes) -> set[str]:
    """Return the kinds that a template writes out."""
    return {kind.decode() for kind in _KIND.findall(text)}


def filled(text: str) -> str:
    """Return a manifest with something to read for each parameter of Argo, KFP and Katib.

    argoproj/argo-workflows v3.6.0 util/template/template.go (``{{`` up to the next ``}}``);
    kubeflow/katib v0.18.0 pkg/controller.v1beta1/experiment/manifest/generator.go
    (``${trialParameters.NAME}``). Both put in text before it is read as YAML.
    """
    return _PARAMETER.sub(lambda m: TRIAL_FILLED if m[0][0] == "$" else _FILLED, text)


def masked(text: str) -> str:
    """Return what `filled` does, of the same shape: each character stays where it is."""
    return _PARAMETER.sub(lambda found: "$" + re.sub(r"[^\n]", "_", found[0][1:]), text)
