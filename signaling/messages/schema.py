"""Generates the protocol's JSON schema for the page's types, and tables of `docs`.

`python -m signaling.messages.schema` writes them; with `--check` it exits with 1 if they aren't current.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from signaling import generated, messages
from signaling.messages import events, parts, replies, requests
from signaling.rooms import lifecycle

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_FILE = ROOT / "web" / "ui" / "src" / "client" / "protocol.schema.json"
DOCUMENT = ROOT / "docs" / "protocol.md"
LIFECYCLE_DOCUMENT = ROOT / "docs" / "rooms.md"


def json_schema() -> dict[str, Any]:
    """A JSON schema whose definitions hold every message, named as in Python."""
    adapter: TypeAdapter[Any] = TypeAdapter(messages.ClientMessage | messages.ServerMessage)
    schema = adapter.json_schema(mode="serialization")
    definitions = {name: _without_titles(definition) for name, definition in sorted(schema["$defs"].items())}
    client = [{"$ref": f"#/$defs/{model.__name__}"} for model in get_args(messages.ClientMessage)]
    server = [{"$ref": f"#/$defs/{model.__name__}"} for model in get_args(messages.ServerMessage)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Protocol",
        "type": "object",
        "additionalProperties": False,
        "required": ["client", "server"],
        "properties": {"client": {"oneOf": client}, "server": {"oneOf": server}},
        "$defs": definitions,
    }


def _without_titles(node: Any) -> Any:
    """Drop the `title` that pydantic gives every field: generated types would get an alias for each."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key != "title" or not isinstance(value, str)}
        return {key: _without_titles(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return node


def _type_name(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type_name(option) for option in schema[key])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type_name(schema['items'])}"
    return str(schema.get("type", "any"))


def _limits(schema: dict[str, Any]) -> list[str]:
    options = schema.get("anyOf", [schema])
    words = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "maxItems": "at most {} of them",
    }
    return [text.format(option[key]) for option in options for key, text in words.items() if key in option]


def _table(definition: dict[str, Any]) -> list[str]:
    required = set(definition.get("required", []))
    lines = ["| field | type | |", "|---|---|---|"]
    for name, schema in definition.get("properties", {}).items():
        notes = [schema["description"]] if "description" in schema else []
        notes += _limits(schema)
        if name not in required and "default" in schema and "const" not in schema:
            notes.append(f"left out: `{json.dumps(schema['default'])}`")
        lines.append(f"| `{name}` | {_type_name(schema)} | {'; '.join(notes)} |")
    return lines


def tables() -> str:
    """The message reference, in Markdown, in the order of the files of `signaling.messages`."""
    adapter: TypeAdapter[Any] = TypeAdapter(messages.ClientMessage | messages.ServerMessage)
    definitions = adapter.json_schema(mode="validation")["$defs"]
    groups: dict[str, list[str]] = {"Requests": [], "Replies": [], "Events": [], "Parts": []}
    event_names = {model.__name__ for model in get_args(get_args(messages.EventBody)[0])}
    for model in _models():
        name = model.__name__
        if name not in definitions:
            continue
        if issubclass(model, messages.Request):
            group = "Requests"
        elif name in event_names:
            group = "Events"
        elif "type" in model.model_fields:
            group = "Replies"
        else:
            group = "Parts"
        groups[group] += [f"#### {name}", "", inspect.getdoc(model) or "", "", *_table(definitions[name]), ""]
    return "\n".join(line for group, lines in groups.items() for line in [f"### {group}", "", *lines]).strip()


def _models() -> list[type[messages.Message]]:
    return [
        model
        for module in (requests, replies, events, parts)
        for model in vars(module).values()
        if inspect.isclass(model) and issubclass(model, messages.Message) and model.__module__ == module.__name__
    ]


def lifecycle_table() -> str:
    """The transitions of a room's life cycle, in Markdown."""
    triggers = get_args(lifecycle.Trigger)
    lines = [
        "| state | " + " | ".join(triggers) + " |",
        "|---|" + "---|" * len(triggers),
        *(
            f"| `{state}` | " + " | ".join(following.get(trigger, "–") for trigger in triggers) + " |"
            for state, following in lifecycle.TRANSITIONS.items()
        ),
    ]
    return "\n".join(lines)


def outputs() -> dict[Path, str]:
    """The generated files and their contents."""
    return {
        SCHEMA_FILE: json.dumps(json_schema(), indent=2) + "\n",
        DOCUMENT: generated.insert(DOCUMENT.read_text("utf-8"), tables()),
        LIFECYCLE_DOCUMENT: generated.insert(LIFECYCLE_DOCUMENT.read_text("utf-8"), lifecycle_table()),
    }


if __name__ == "__main__":
    sys.exit(generated.main(outputs, "the protocol's JSON schema and its reference"))
