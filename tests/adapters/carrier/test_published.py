"""The table of the provider's fields, and the tool that compares it with the description."""

from __future__ import annotations

from typing import Any

from adapters.carrier.published import OPERATIONS, Field
from tools.compare_provider_fields import compare


def described() -> dict[str, Any]:
    """A description made of our own tables, in the shape of the published one."""
    paths = {}
    for name, fields in OPERATIONS.items():
        schema = {
            "required": [word for word, field in fields.items() if field.required],
            "properties": {word: said(field) for word, field in fields.items()},
        }
        content = {"application/x-www-form-urlencoded": {"schema": schema}}
        paths[name] = {"post": {"operationId": name, "requestBody": {"content": content}}}
    return {"paths": paths}


def said(field: Field) -> dict[str, Any]:
    kind, _, form = field.kind.partition(" ")
    one: dict[str, Any] = {"type": kind}
    one |= {"format": form} if form else {}
    one |= {"enum": list(field.values)} if field.values else {}
    one |= {"pattern": f"^{field.sid}[0-9a-fA-F]{{32}}$"} if field.sid else {}
    return {"type": "array", "items": one} if field.many else one


def test_the_tool_finds_nothing_in_a_description_like_ours() -> None:
    assert compare(described()) == []


def test_the_tool_finds_a_new_field_a_lost_one_and_a_changed_one() -> None:
    changed = described()
    schema = changed["paths"]["CreateCall"]["post"]["requestBody"]["content"]
    schema = schema["application/x-www-form-urlencoded"]["schema"]
    schema["properties"]["New"] = {"type": "string"}
    del schema["properties"]["Url"]
    schema["properties"]["Timeout"] = {"type": "string"}
    schema["required"] = ["To"]
    found = [difference.partition(":")[0] for difference in compare(changed)]
    assert found == ["CreateCall.From", "CreateCall.New", "CreateCall.Timeout", "CreateCall.Url"]
