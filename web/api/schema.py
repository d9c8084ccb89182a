"""The page's types of the HTTP API, generated from the declared endpoints.

`python -m web.api.schema` writes `web/ui/src/client/http.schema.json`, from which `npm run types` makes TypeScript;
with `--check` it exits with 1 if the file isn't current.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from signaling import generated
from web import api
from web.api.openapi import document

Json = dict[str, Any]

SCHEMA_FILE = Path(__file__).parents[1] / "ui" / "src" / "client" / "http.schema.json"

_JSON = "application/json"


def json_schema() -> Json:
    """Make one JSON schema: all models, and for each endpoint its JSON body and reply; null if it has none."""
    whole = document(api.ALL, "")
    endpoints = {
        f"{method.upper()} {path}": _endpoint(operation)
        for path, operations in whole["paths"].items()
        for method, operation in operations.items()
        if _is_json(operation)
    }
    schema: Json = _plain({"endpoints": endpoints, "$defs": dict(sorted(whole["components"]["schemas"].items()))})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _success(operation: Json) -> Json:
    return next(reply for status, reply in operation["responses"].items() if status.startswith("2"))


def _is_json(operation: Json) -> bool:
    """Whether the endpoint returns JSON that has a model, or nothing."""
    content = _success(operation).get("content", {})
    return not content or "$ref" in content.get(_JSON, {}).get("schema", {})


def _endpoint(operation: Json) -> Json:
    taken = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    given = _success(operation).get("content", {}).get(_JSON)
    return {"body": taken and taken["schema"], "reply": given and given["schema"]}


def _plain(node: Any) -> Any:
    """Remove the titles that pydantic gives every field, which would become types, and replace OpenAPI's references by
    JSON schema's.
    """
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key != "title" or not isinstance(value, str)}
        return {key: _plain(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return node.replace("#/components/schemas/", "#/$defs/") if isinstance(node, str) else node


def main(arguments: Iterable[str] | None = None) -> int:
    """Write or check the file."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return generated.main(lambda: {SCHEMA_FILE: text}, "the schema of the HTTP API", arguments)


if __name__ == "__main__":
    sys.exit(main())
