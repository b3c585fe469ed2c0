"""How an API server makes a list: selectors, pages, and metadata only."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from mpiaudit.model import dig

Body = dict[str, Any]

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


def listed(
    bodies: list[Body], kind: str, version: str, query: Mapping[str, str], accept: list[str]
) -> Body:
    """Return the page of *bodies* that *query* asks for."""
    chosen = [
        body
        for body in bodies
        if _selects(query.get("labelSelector", ""), dig(body, "metadata", "labels") or {})
        and all(
            str(dig(body, *term.split("=")[0].split("."))) == term.split("=")[1]
            for term in query.get("fieldSelector", "").split(",")
            if term
        )
    ]
    start, limit = int(query.get("continue", 0)), int(query.get("limit", 0)) or len(chosen)
    page = [copy.copy(body) for body in chosen[start : start + limit]]
    if METADATA_ONLY in accept:
        kind, version = "PartialObjectMetadata", "meta.k8s.io/v1"
        page = [{"metadata": body["metadata"]} for body in page]
    for body in page:  # built-in lists leave these out of their items, custom ones do not
        body.pop("apiVersion", None)
        body.pop("kind", None)
        if kind in {"MPIJob", "PartialObjectMetadata"}:
            body.update(apiVersion=version, kind=kind)
    more = {"continue": str(start + limit)} if start + limit < len(chosen) else {}
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": more, "items": page}


def _selects(selector: str, labels: Mapping[str, str]) -> bool:
    for term in filter(None, re.split(r",(?![^(]*\))", selector)):
        if match := re.fullmatch(r"(\S+) (in|notin) \((.*)\)", term):
            hit = (labels.get(match[1]) in match[3].split(",")) is (match[2] == "in")
        elif "=" in term:
            hit = labels.get(term.split("=")[0]) == term.split("=")[1]
        else:
            hit = (term.lstrip("!") in labels) is not term.startswith("!")
        if not hit:
            return False
    return True
