"""Compares adapters/carrier/published.py with the provider's published API description.

Usage: .venv/bin/python tools/compare_provider_fields.py SPEC.json     (twilio_api_v2010.json)
Prints each difference and how many there are; none ends with 0.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from adapters.carrier.published import OPERATIONS, Field, Kind

Described = dict[str, Any]


def main(spec: Path) -> int:
    """Print the differences; 1 when there are any."""
    described = json.loads(spec.read_text(encoding="utf-8"))
    differences = compare(described)
    for difference in differences:
        print(difference)  # noqa: T201 — a tool's answer
    print(f"{len(differences)} differences")  # noqa: T201
    return 1 if differences else 0


def compare(described: Described) -> list[str]:
    """Every field that one side has otherwise than the other."""
    found = {
        operation["operationId"]: operation
        for methods in described["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    differences = []
    for name, ours in OPERATIONS.items():
        schema = next(iter(found[name]["requestBody"]["content"].values()))["schema"]
        theirs = schema["properties"]
        required = set(schema.get("required", ()))
        differences += [f"{name}.{field}: not ours" for field in theirs.keys() - ours.keys()]
        differences += [f"{name}.{field}: not theirs" for field in ours.keys() - theirs.keys()]
        for field in ours.keys() & theirs.keys():
            read = _field(theirs[field], described, required=field in required)
            if read != ours[field]:
                differences.append(f"{name}.{field}: {ours[field]} but described {read}")
    return sorted(differences)


def _field(said: Described, described: Described, *, required: bool) -> Field:
    many = said.get("type") == "array"
    said = _resolved(said["items"] if many else said, described)
    kind = " ".join(part for part in (said["type"], said.get("format")) if part)
    sid = re.match(r"\^([A-Z]{2})\[", said.get("pattern", ""))
    values = tuple(said.get("enum", ()))
    return Field(Kind(kind), required, many, values, sid.group(1) if sid else "")


def _resolved(said: Described, described: Described) -> Described:
    if "$ref" not in said:
        return said
    found: Described = described["components"]["schemas"][said["$ref"].rsplit("/", 1)[1]]
    return found


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
