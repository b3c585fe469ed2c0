"""Where objects of a kind are, as the API server spells it."""

from cluster.client import Body

WIDE = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace"}
    | {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass"}
)
"""Kinds that no namespace holds, of those that releases and tests apply."""


def path_of(body: Body) -> str:
    """Return the path of *body*; one that names no namespace is in ``default``, as for kubectl."""
    version, kind, metadata = body["apiVersion"], body["kind"], body["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    space = "" if kind in WIDE else f"/namespaces/{metadata.get('namespace', 'default')}"
    plural = kind.lower()
    plural = f"{plural[:-1]}ies" if plural.endswith("y") else f"{plural}s"
    return f"{root}{space}/{plural}/{metadata['name']}"
