"""What a container image reference names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

DEFAULT_REGISTRY = "docker.io"


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference, taken apart; nothing is looked up."""

    registry: str
    """``docker.io`` where none is given; a port stays: ``localhost:5000``."""

    repository: str
    """Without the registry; an official image gains ``library/``: ``library/debian``."""

    tag: str
    """Empty where none is given, which the container runtime reads as ``latest``."""

    digest: str
    """``sha256:...``, or empty; where there is one the tag is not looked at."""

    @property
    def name(self) -> str:
        """The last part of the repository: ``mpi-operator``."""
        return self.repository.rpartition("/")[2]


@lru_cache(1 << 10)
def parse(image: str) -> Image:
    """Return the parts of *image*, by the rules of Docker and of the container runtimes.

    Text that is no reference, such as an unrendered template, is taken apart as far as it goes.

    Source: distribution/reference v0.6.0 normalize.go (``splitDockerDomain``).
    """
    named, _, digest = image.strip().partition("@")
    last = named.rpartition("/")[2]
    _, _, tag = last.partition(":")
    path = named.removesuffix(f":{tag}") if tag else named.removesuffix(":")
    registry, slash, repository = path.partition("/")
    if not slash or not _is_registry(registry):
        registry, repository = DEFAULT_REGISTRY, path
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and repository and "/" not in repository:
        repository = f"library/{repository}"
    return Image(registry=registry, repository=repository, tag=tag, digest=digest)


def _is_registry(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost" or part != part.lower()
