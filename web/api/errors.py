"""Errors of the HTTP API: `{"error": {"code", "message", "fields"}}` and a status, nothing else."""

import logging
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)
MAX_BODY = 64 * 1024


class ApiError(Exception):
    """A request that is refused; `fields` says what is wrong with which field."""

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
        """As it is sent."""
        error = {"code": self.code, "message": str(self), "fields": self.fields}
        return web.json_response({"error": error}, status=self.status, headers=self.headers)


_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every failure under `/api` the one form; what nobody foresaw is logged and told as a plain 500."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return ApiError(error.status, _CODES.get(error.status, "bad_request"), error.reason).response()
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return ApiError(500, "internal", "Something went wrong on the server.").response()


async def read(request: web.Request, model: type[Model]) -> Model:
    """The request's JSON body as that model. Raises `ApiError`."""
    body = await request.read()
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The request's query as that model. Raises `ApiError`."""
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _invalid(error: ValidationError, whole: str) -> ApiError:
    fields = {
        ".".join(str(part) for part in each["loc"]) or whole: each["msg"]
        for each in error.errors(include_url=False, include_input=False)
    }
    return ApiError(422, "invalid", "Some fields are not right.", fields)
