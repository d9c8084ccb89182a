"""Errors of the HTTP API: always `{"error": {"code", "message", "fields"}}` with a status."""

import asyncio
import logging
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, ValidationError

from signaling import diary
from web.base_path import local_path
from web.security.csrf import SAFE_METHODS
from web.services import SERVICES

log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)
MAX_BODY = 64 * 1024
BODY_SECONDS = 30.0
"""How long a client may take to send a body."""

_CLOSE = {"Connection": "close"}


class _NotOurs(logging.Filter):
    """Keeps malformed HTTP out of the log: aiohttp reports each such request with a traceback, and anyone can send them
    by the thousand.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, web.RequestPayloadError | HttpProcessingError)


logging.getLogger("aiohttp.server").addFilter(_NotOurs())


class ErrorDetails(BaseModel):
    """What went wrong: a code for programs, a sentence for people, and a sentence for each invalid field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    message: str
    fields: dict[str, str]


class ErrorReply(BaseModel):
    """The answer to every request that fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: ErrorDetails


class ApiError(Exception):
    """Refuses a request; `fields` says what is wrong with which field."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = fields or {}
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Make the response."""
        reply = ErrorReply(error=ErrorDetails(code=self.code, message=str(self), fields=self.fields))
        return web.json_response(text=reply.model_dump_json(), status=self.status, headers=self.headers)


_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every failure under `/api` the same form; unforeseen ones are logged and answered with a plain 500.

    Answers under `/api` are only for the requester, so they may not be stored unless they say so themselves.
    """
    if not local_path(request).startswith("/api/"):
        return await handler(request)
    response = await _answer(request, handler)
    if not response.prepared:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        _note(request, error)
        return error.response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return ApiError(error.status, _CODES.get(error.status, "bad_request"), error.reason, headers=allow).response()
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return ApiError(500, "internal", "Something went wrong on the server.").response()


def _note(request: web.Request, error: ApiError) -> None:
    """Write a refusal into the operator's log, unless someone looked for something that doesn't exist or before logging
    in, or filled in a form wrongly.
    """
    if error.status == 422 or (request.method in SAFE_METHODS and error.status not in (429, 503)):
        return
    resource = request.match_info.route.resource
    path = "" if resource is None else resource.canonical
    facts = {"request": f"{request.method} {path}", "status": error.status, "code": error.code}
    services = request.app.get(SERVICES)
    people = {} if services is None else {"address": services.proxies.of(request).address}
    diary.refused("refused", facts, people)


async def read(request: web.Request, model: type[Model]) -> Model:
    """Read the request's JSON body as a model. Raises `ApiError`."""
    body = await read_bytes(request)
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None


async def read_bytes(request: web.Request, limit: int = MAX_BODY) -> bytes:
    """Read the request's body, `limit` bytes at most. Raises `ApiError`."""
    # A client that announces too much needn't send it.
    if (request.content_length or 0) > limit:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.clone(client_max_size=limit).read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        raise ApiError(408, "too_slow", "The request took too long to arrive.", headers=_CLOSE) from None
    except ConnectionError:
        # The client has disconnected: nobody reads the answer, and there is nothing to log.
        raise ApiError(400, "bad_request", "The connection was lost.", headers=_CLOSE) from None
    except web.RequestPayloadError:
        raise ApiError(400, "bad_request", "The body doesn't match its declared encoding.", headers=_CLOSE) from None


def _too_large() -> ApiError:
    return ApiError(413, "too_large", "The request is too large.")


def read_query(request: web.Request, model: type[Model]) -> Model:
    """Read the request's query as a model. Raises `ApiError`."""
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _invalid(error: ValidationError, whole: str) -> ApiError:
    fields = {
        ".".join(str(part) for part in each["loc"]) or whole: each["msg"]
        for each in error.errors(include_url=False, include_input=False)
    }
    return ApiError(422, "invalid", "Some fields are invalid.", fields)
