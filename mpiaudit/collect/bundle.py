"""What other programs export of a cluster, known by where its files lie.

**must-gather** (openshift/oc release-4.16 pkg/cli/admin/inspect/{resource,namespace,util}.go):
``cluster-scoped-resources/GROUP/PLURAL/NAME.yaml``, ``namespaces/NS/GROUP/PLURAL.yaml`` and
``namespaces/NS/GROUP/PLURAL/NAME.yaml``; the group of the core is ``core``. Complete objects.

**Support bundle** (replicatedhq/troubleshoot v0.57.0 pkg/collect/cluster_resources.go):
``cluster-resources/PLURAL.json`` and ``cluster-resources/PLURAL/NS.json``, typed lists, and arrays
without kinds in early releases; ``custom-resources/CRD/NS.yaml``, arrays of complete objects;
beside them ``PLURAL-errors.json``, a list of messages or a mapping from namespaces to them.

**kubectl cluster-info dump** (kubernetes/kubernetes v1.34.0
staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go): seven typed lists a namespace,
in files or one after the other with the logs of pods between them.

*What counts as listed.* That a kind is listed allows to conclude from absence. All three hold only
the namespaces that somebody chose, and none says which there are: a list from a namespace is taken
as a part, always. A list of a cluster-scoped kind is whole, but for a support bundle's namespaces,
which may be those that were chosen. Single files never prove to be all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mpiaudit.collect import kinds as known
from mpiaudit.manifest.build import Broken, documents
from mpiaudit.manifest.outcome import Fault, Item, Outcome
from mpiaudit.manifest.read import Data, read
from mpiaudit.model import FieldPath, Gap, Reference, Resource
from mpiaudit.reading import Reading

DUMP = (
    "kubectl cluster-info dump holds no custom resources: it does not tell which MPIJobs there are,"
    " nor what their CRD serves; export these with kubectl get"
)

_LISTS = {
    "pods": known.POD,
    "services": known.SERVICE,
    "resource-quota": known.RESOURCE_QUOTA,
    "limitranges": known.LIMIT_RANGE,
    "network-policy": known.NETWORK_POLICY,
    "deployments": known.DEPLOYMENT,
    "statefulsets": known.STATEFUL_SET,
    "jobs": known.JOB,
    "events": known.EVENT,
    "configmaps": known.CONFIG_MAP,
    "serviceaccounts": known.SERVICE_ACCOUNT,
    "leases": known.LEASE,
    "roles": known.ROLE,
    "rolebindings": known.ROLE_BINDING,
    "namespaces": known.NAMESPACE,
    "clusterroles": known.CLUSTER_ROLE,
    "clusterrolebindings": known.CLUSTER_ROLE_BINDING,
    "custom-resource-definitions": known.CRD,
}
"""The names of a support bundle's lists, in small letters, with their kinds."""

_WHOLE = {"clusterroles", "clusterrolebindings", "custom-resource-definitions"}
_JOBS = "mpijobs.kubeflow.org"
_ERRORS = "-errors.json"
_LONGEST = 200
"""Characters of a message that are repeated."""

_DUMPED = re.compile(
    rb"\s*\{\n    \"kind\": \"(?:Node|Event|ReplicationController|Service|DaemonSet|Deployment"
    rb"|ReplicaSet|Pod)List\","
)
_LOGS = re.compile(
    rb"^==== START logs for container .*?(?:^==== END logs [^\n]*|\Z)", re.MULTILINE | re.DOTALL
)
_VISIBLE = re.compile(rb"[^\n]")


@dataclass(frozen=True, slots=True)
class Part(Resource):
    """An object of a list that need not hold all of its kind: it counts as if it stood alone."""

    inside: FieldPath = ()
    """Where it stands in its document; `prefix` is empty."""

    @property
    def reference(self) -> Reference:
        """Which object this is, and where it stands."""
        return Resource(self.body, self.source, self.document, self.inside).reference


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file is to hold, told from its path."""

    name: str = ""
    """Which list of a support bundle it is: ``pods``; empty for all other files."""

    partial: bool = False
    """Whether a list in it may leave out objects of its kind."""

    errors: bool = False
    """Whether it holds messages, and not objects."""


def part(resource: Resource) -> Part:
    """Return *resource* as what proves nothing of the rest of its kind."""
    return Part(resource.body, resource.source, resource.document, inside=resource.prefix)


def shape(source: str) -> Shape:
    """Return what the file at *source* is to hold."""
    steps = re.split(r"[/\\:]", source)
    inner = steps[steps.index("cluster-resources") + 1 :] if "cluster-resources" in steps else []
    if inner:
        last = inner[-1]
        if last.endswith(_ERRORS):
            return Shape(last.removesuffix(_ERRORS).lower(), errors=True)
        name = inner[-2] if len(inner) > 1 else last.rpartition(".")[0]
        if inner[0] == "custom-resources":
            mine = any(step.startswith(_JOBS) for step in inner[1:])
            return Shape(_JOBS if mine else "", partial=True)
        return Shape(name.lower(), partial=name.lower() not in _WHOLE)
    below = steps[steps.index("namespaces") + 1 :] if "namespaces" in steps else []
    return Shape(partial=len(below) > 2)  # noqa: PLR2004 - NS/GROUP/PLURAL.yaml


def legible(content: Data) -> Data:
    """Return *content* without the logs that ``cluster-info dump`` prints between lists.

    Blanks take their place, so that lines and columns stay.
    """
    if not _DUMPED.match(content) or content.find(b"\n==== START logs ") < 0:
        return content
    return _LOGS.sub(lambda logs: _VISIBLE.sub(b" ", logs[0]), content[:])


def is_dump(found: Shape, content: Data) -> bool:
    """Return whether *content* is what ``kubectl cluster-info dump`` prints."""
    return not found.name and _DUMPED.match(content) is not None


def outcomes(found: Shape, content: Data, kinds: frozenset[str] | None) -> Iterator[Outcome]:
    """Yield what *content* holds, as `read` does, with the kinds that its place implies."""
    if found.name != _JOBS and found.name not in _LISTS:
        return read(content, kinds)
    start = content[:64].lstrip()
    if start[:1] != b"[" and not re.match(rb"(?:#[^\n]*\n|---\n)*- ", start):
        return read(content, kinds)
    kind = _LISTS.get(found.name) or known.mpijob("")
    return iter(()) if kinds is not None and kind.name not in kinds else _array(content[:], kind)


def note_errors(source: str, content: Data, reading: Reading, kinds: frozenset[str] | None) -> None:
    """Make what a support bundle could not collect a gap of its kind in *reading*."""
    name = shape(source).name
    value = _value(content[:])
    if name == "custom-resources":
        messages = [m for key, m in _messages(value) if _concerns_jobs(key)]
        kind = "MPIJob"
    else:
        messages = [message for _, message in _messages(value)]
        kind = _LISTS[name].name if name in _LISTS else ""
    if not messages or not kind or (kinds is not None and kind not in kinds):
        return
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    reading.gaps.setdefault(kind, Gap(f"{source}: {messages[0]}{more}"))


def _array(text: bytes, kind: known.Kind) -> Iterator[Outcome]:
    value = _value(text)
    if isinstance(value, Broken):
        yield Fault(0, value.line + 1, value.column + 1, value.message)
        return
    implied = {"apiVersion": kind.api_version, "kind": kind.name} if kind.name != "MPIJob" else {}
    for index, body in enumerate(value if isinstance(value, list) else ()):
        if isinstance(body, Mapping):
            yield Item(0, (index,), {**implied, **body})


def _value(text: bytes) -> Any:  # noqa: ANN401 - as JSON and YAML are
    """Return what the first document of *text* holds: None for none, `Broken` where it is."""
    from mpiaudit.manifest import jsontext  # noqa: PLC0415 - msgspec is slow to load

    try:
        return jsontext.decode(text).value
    except jsontext.NotJsonError:
        built = next(iter(documents(text)), None)
    return built if built is None or isinstance(built, Broken) else built.value


def _messages(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as above
    """Yield each message, in one line, with its key."""
    if isinstance(value, Broken):
        pairs: list[tuple[object, object]] = [("", f"cannot be read: {value.message}")]
    elif isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        pairs = [("", message) for message in value] if isinstance(value, list) else []
    for key, message in pairs:
        line = " ".join(str(message).split())
        where = f"{key}: " if key else ""
        yield str(key), where + (f"{line[: _LONGEST - 3]}..." if len(line) > _LONGEST else line)


def _concerns_jobs(key: str) -> bool:
    """Return whether an error with this key may have cost MPIJobs: theirs, or that of all."""
    return key.startswith(_JOBS) or "." not in key or " " in key
