"""Image references."""

from __future__ import annotations

import pytest

from mpiaudit.inventory.image import parse

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "registry", "repository", "tag", "digest"),
    [
        ("debian", "docker.io", "library/debian", "", ""),
        ("debian:12", "docker.io", "library/debian", "12", ""),
        ("mpioperator/mpi-operator:0.8.0", "docker.io", "mpioperator/mpi-operator", "0.8.0", ""),
        ("docker.io/mpioperator/openmpi", "docker.io", "mpioperator/openmpi", "", ""),
        ("docker.io/debian", "docker.io", "library/debian", "", ""),
        ("index.docker.io/a/b:1", "docker.io", "a/b", "1", ""),
        ("ghcr.io/kubeflow/a/b:v1-93c5489", "ghcr.io", "kubeflow/a/b", "v1-93c5489", ""),
        ("localhost/b:1", "localhost", "b", "1", ""),
        ("localhost:5000/b", "localhost:5000", "b", "", ""),
        ("registry.example:5000/a/b:1", "registry.example:5000", "a/b", "1", ""),
        ("registry:5000/b", "registry:5000", "b", "", ""),
        ("[::1]:5000/a/b:2", "[::1]:5000", "a/b", "2", ""),
        (f"a/b@{DIGEST}", "docker.io", "a/b", "", DIGEST),
        (f"quay.io/a/b:1.0@{DIGEST}", "quay.io", "a/b", "1.0", DIGEST),
        (f"quay.io:443/a/b@{DIGEST}", "quay.io:443", "a/b", "", DIGEST),
        ("debian:5000", "docker.io", "library/debian", "5000", ""),
        ("a/b:", "docker.io", "a/b", "", ""),
        (" a/b:1 ", "docker.io", "a/b", "1", ""),
        ("", "docker.io", "", "", ""),
    ],
)
def test_references_are_taken_apart(
    image: str, registry: str, repository: str, tag: str, digest: str
) -> None:
    """A port is no tag, a digest is no tag, and a host is known by its dot, port or name."""
    parsed = parse(image)

    assert (parsed.registry, parsed.repository) == (registry, repository)
    assert (parsed.tag, parsed.digest) == (tag, digest)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("mirror.example/proxy/mpioperator/mpi-operator:0.8.0", "mpi-operator"),
        ("debian", "debian"),
        ("{{ .Values.registry }}/mpi-operator:{{ .Values.tag }}", "mpi-operator"),
        ("", ""),
    ],
)
def test_the_name_is_the_last_part(image: str, name: str) -> None:
    """Controllers are recognized by it, behind any mirror."""
    assert parse(image).name == name
