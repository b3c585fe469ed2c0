"""The ResourceList that a KRM function is given, and gives back with its results.

kubernetes-sigs/kustomize kyaml/v0.21.2 kio/byteio_reader.go; the KRM Functions Specification v1 is
cmd/config/docs/api-conventions/functions-spec.md there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mpiaudit.manifest.build import Broken, documents
from mpiaudit.manifest.event import Parser
from mpiaudit.model import AuditError

KIND = "ResourceList"

_UNFIT = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What JSON may hold as it is, and quoted YAML or UTF-8 may not."""


@dataclass(frozen=True, slots=True)
class ResourceList:
    """A ResourceList as it was given."""

    text: str
    items: list[Any]
    config: Mapping[str, Any]
    """The ``functionConfig``; empty where there is none."""

    results: list[Any]
    """Of functions before this one."""

    def answer(self, results: list[dict[str, Any]]) -> str:
        """Return the text with *results* in it, after those that it has; the rest is untouched."""
        root: Any = yaml.compose(self.text, Parser)  # a mapping, as `parse` made sure
        old = next(((key, value) for key, value in root.value if key.value == "results"), None)
        listed = json.dumps({"results": [*self.results, *results]}, ensure_ascii=False)
        said = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", listed)[1:-1]
        first = root.value[0][0].start_mark
        begin, end = (old[0].start_mark, old[1].end_mark) if old else (first, first)
        if not root.flow_style:
            said += f"\n{' ' * first.column}"
        elif not old:
            said += ", "
        return f"{self.text[: begin.index]}{said}{self.text[end.index :]}"


def parse(data: bytes) -> ResourceList:
    """Return the ResourceList that *data* is, YAML or JSON.

    Raises:
        AuditError: It is none, or cannot be read.
    """
    built = list(documents(data))
    for each in built:
        if isinstance(each, Broken):
            raise AuditError(f"-:{each.line + 1}:{each.column + 1}: {each.message}")
    body = built[0][0] if len(built) == 1 else None
    if not isinstance(body, dict) or body.get("kind") != KIND:
        raise AuditError(f"-: this is no {KIND}; kustomize or kpt writes one to a function")
    items, config, results = (body.get(key) for key in ("items", "functionConfig", "results"))
    if not isinstance(items, list | None) or not isinstance(results, list | None):
        raise AuditError(f"-: items and results of a {KIND} are lists")
    if not isinstance(config, dict | None):
        raise AuditError("-: functionConfig is no object")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AuditError(f"-: not UTF-8: {error.reason}") from error
    return ResourceList(text, items or [], config or {}, results or [])
