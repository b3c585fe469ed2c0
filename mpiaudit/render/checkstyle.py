"""For Jenkins and others that read Checkstyle's XML: the findings, file by file.

It has no place for findings that were ignored, nor for rules that were merely not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from mpiaudit.render import Look, _flat
from mpiaudit.report import Report


def render(report: Report, look: Look) -> str:
    """Return an error a finding, and one more where not all could be read."""
    root = ET.Element("checkstyle", version="4.3")
    files: dict[str, ET.Element] = {}
    for path, attributes in _errors(report, look):
        if path not in files:
            files[path] = ET.SubElement(root, "file", name=path)
        ET.SubElement(files[path], "error", attributes)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _errors(report: Report, look: Look) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the file and the attributes of each; what is live has no line."""
    if short := _flat.shortfall(report):
        path, line = _flat.culprit(report)
        yield path, _error(line, 0, "warning", short, _flat.INCOMPLETE)
    for entry in _flat.entries(report, look):
        finding = entry.finding
        place = finding.hit.at
        message = f"{_flat.described(entry)} {_flat.remedy(finding)}"
        level = _flat.LEVELS[finding.severity]
        where = _flat.path(place)
        yield where, _error(place.line, place.column, level, message, f"mpiaudit.{finding.rule.id}")


def _error(line: int, column: int, level: str, message: str, source: str) -> dict[str, str]:
    place = {"line": line, "column": column}
    numbers = {name: str(number) for name, number in place.items() if number}
    return numbers | {"severity": level, "message": message, "source": source}
