"""The limit on aliases, which a small document could otherwise grow without bound."""

from __future__ import annotations

from typing import Any

_FEW, _MANY = 400_000, 4_000_000


def excessive(root: Any) -> bool:  # noqa: ANN401 - as YAML is
    """Return whether aliases make up more of *root* than Kubernetes reads.

    The shares are those of sigs.k8s.io/yaml v1.4.0 goyaml.v2/decode.go ``allowedAliasRatio``,
    applied to the whole document: 99 % of a small one, down to 10 % of one of 4,000,000 nodes.
    """
    own, total = _sizes(root)
    share = (min(max(total, _FEW), _MANY) - _FEW) / (_MANY - _FEW)
    return total > 1000 and total - own > 100 and (total - own) / total > 0.99 - 0.89 * share  # noqa: PLR2004


def _sizes(root: Any) -> tuple[int, int]:  # noqa: ANN401 - as YAML is
    """Return how many nodes *root* has, and how many with aliases written out (at most `_MANY`)."""
    sizes: dict[int, int] = {}
    own = 1
    stack = [(root, False)]
    while stack:
        node, seen = stack.pop()
        if not isinstance(node, dict | list):
            continue
        children = node.values() if isinstance(node, dict) else node
        if seen:
            keys = len(node) if isinstance(node, dict) else 0
            total = 1 + keys + sum(sizes.get(id(child), 1) for child in children)
            sizes[id(node)] = min(total, _MANY)
            own += keys + len(node)
        elif id(node) not in sizes:
            sizes[id(node)] = 1
            stack.append((node, True))
            stack.extend((child, False) for child in children)
    return own, sizes.get(id(root), 1)
