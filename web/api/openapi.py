"""The OpenAPI document, generated from the declared endpoints."""

import inspect
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from web.api.endpoint import PARAMETER, Access, Endpoint, Endpoints
from web.api.errors import ErrorReply
from web.security import cookies
from web.security.csrf import SAFE_METHODS

Json = dict[str, Any]

_ABOUT = f"""\
Authenticate with an access token, `Authorization: Bearer …`, or with the cookie that browsers get at login, which is
called `{cookies.SECURE_NAME}` under HTTPS. Programs use an API key in place of an access token, for
what says which scope the key needs. A browser's request changes something only if it comes from a page of this server,
or of a site that its operator allows.

Every error has the same form, `ErrorReply`: a code for programs, a sentence for people, and a sentence for each invalid
field. Times are in seconds since 1970."""

_PARAMETER = re.compile(r"{(\w+)}")
_REF = "#/components/schemas/{model}"

_ERRORS = {
    400: "The request is malformed.",
    401: "Not logged in, or the login failed.",
    403: "Not allowed, or sent by a page of another site.",
    404: "Not found.",
    408: "The request took too long to arrive.",
    409: "In conflict with the current state.",
    410: "Closed or expired.",
    413: "The body is too large.",
    415: "The body has an unsupported type.",
    422: "A field is invalid; `fields` says which and why.",
    423: "Locked.",
    429: "Too many requests.",
    503: "Temporarily unavailable.",
}
_RETRY = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}}

_HEALTH = {
    "get": {
        "operationId": "ops_health",
        "summary": "Whether the server is up",
        "tags": ["This server"],
        "security": [],
        "responses": {
            "200": {
                "description": "The server is up.",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"status": {"type": "string"}},
                            "required": ["status"],
                        }
                    }
                },
            },
        },
    }
}


def document(groups: Iterable[Endpoints], version: str, base: str = "") -> Json:
    """Make the document of these endpoints, and of `/api/health`; `base` is the folder that they are in."""
    groups = tuple(groups)
    endpoints = [endpoint for group in groups for endpoint in group.all]
    schemas = _Schemas(endpoints)
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    paths.setdefault("/api/health", _HEALTH)
    tags = dict.fromkeys([*(group.tag for group in groups), *_HEALTH["get"]["tags"]])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Milanio", "version": version, "description": _ABOUT},
        "servers": [{"url": base or "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookies.NAME},
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "API key"},
            },
        },
    }


class _Schemas:
    """The JSON schemas of all models that the endpoints take and return."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ErrorReply, "serialization"): None}
        for endpoint in endpoints:
            for model in (endpoint.body, endpoint.query):
                if model is not None:
                    wanted[model, "validation"] = None
            if endpoint.reply is not None:
                wanted[endpoint.reply, "serialization"] = None
        self._references, definitions = models_json_schema(list(wanted), ref_template=_REF)
        self.components: Json = definitions.get("$defs", {})
        # A query is a list of parameters, not an object.
        self._queries = {
            endpoint.query: self.components.pop(self.reference(endpoint.query)["$ref"].rpartition("/")[2])
            for endpoint in {each.query: each for each in endpoints if each.query is not None}.values()
            if endpoint.query is not None
        }

    def reference(self, model: type[BaseModel], mode: JsonSchemaMode = "validation") -> Json:
        """Return a reference to the schema of a model."""
        return self._references[model, mode]

    def query(self, model: type[BaseModel]) -> list[Json]:
        """Return the parameters of a query."""
        schema = self._queries[model]
        return [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": of_field}
            for name, of_field in schema.get("properties", {}).items()
        ]


def statuses(endpoint: Endpoint) -> list[int]:
    """List an endpoint's error statuses: those declared, and those that follow from the rest of it."""
    found = set(endpoint.errors)
    has_body = endpoint.body is not None or bool(endpoint.takes)
    if endpoint.method not in SAFE_METHODS or endpoint.access is Access.ADMIN:
        found.add(403)
    if endpoint.access is not Access.PUBLIC:
        found.add(401)
    if has_body:
        found |= {400, 408, 413, 422}
    if endpoint.query is not None:
        found.add(422)
    if "{" in endpoint.path:
        found.add(404)
    if endpoint.scope is not None:
        found.add(403)
    if endpoint.limit is not None or endpoint.scope is not None or endpoint.access is Access.ADMIN:
        found.add(429)
    if endpoint.access is not Access.PUBLIC or has_body or "{" in endpoint.path:
        found.add(503)  # the store is queried
    return sorted(found)


def _operation(endpoint: Endpoint, schemas: _Schemas) -> Json:
    first, _, rest = inspect.cleandoc(endpoint.handler.__doc__ or "").partition("\n")
    module = endpoint.handler.__module__.rpartition(".")[2]
    signed_in: list[Json] = [{"bearer": []}, {"cookie": []}]
    if endpoint.scope is not None:
        signed_in.append({"key": [endpoint.scope]})
    operation: Json = {
        "operationId": f"{module}_{endpoint.handler.__name__.strip('_')}",
        "summary": first.rstrip("."),
        "description": _description(endpoint, rest.strip()),
        "tags": [endpoint.tag],
        "security": {Access.PUBLIC: [], Access.ANYONE: [{}, *signed_in]}.get(endpoint.access, signed_in),
        "parameters": _parameters(endpoint, schemas),
        "responses": {str(endpoint.status): _success(endpoint, schemas)}
        | {str(status): _error(status) for status in statuses(endpoint)},
    }
    if endpoint.body is not None:
        content: Json = {"application/json": {"schema": schemas.reference(endpoint.body)}}
        # An empty body is an empty object.
        required = any(field.is_required() for field in endpoint.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": content}
    elif endpoint.takes:
        operation["requestBody"] = {"required": True, "content": {media: {} for media in endpoint.takes}}
    return {key: value for key, value in operation.items() if value not in ("", []) or key == "security"}


def _description(endpoint: Endpoint, text: str) -> str:
    """What the handler says, and which keys are accepted."""
    key = "" if endpoint.scope is None else f"an API key with the scope `{endpoint.scope}`"
    if endpoint.access is Access.ADMIN:
        text += f"\n\nFor administrators; {f'programs need {key}' if key else 'API keys are not accepted'}."
    elif key:
        text += f"\n\nPrograms need {key}."
    return text.strip()


def _parameters(endpoint: Endpoint, schemas: _Schemas) -> list[Json]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": PARAMETER}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    return in_path + ([] if endpoint.query is None else schemas.query(endpoint.query))


def _success(endpoint: Endpoint, schemas: _Schemas) -> Json:
    response: Json = {"description": "Done."}
    if endpoint.media is not None:
        schema: Json = {"schema": {"type": "string"}} if endpoint.media.startswith("text/") else {}
        response["content"] = {endpoint.media: schema}
    elif endpoint.reply is not None:
        response["content"] = {"application/json": {"schema": schemas.reference(endpoint.reply, "serialization")}}
    return response


def _error(status: int) -> Json:
    if status < 400:
        return {"description": "Not changed since the client fetched it."}
    response: Json = {
        "description": _ERRORS[status],
        "content": {"application/json": {"schema": {"$ref": _REF.format(model=ErrorReply.__name__)}}},
    }
    if status in (429, 503):
        response["headers"] = _RETRY
    return response
