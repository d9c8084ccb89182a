"""Declarations of HTTP endpoints: the handler, its input and output, and who may call it.

Requests are checked against the declaration, and the OpenAPI document is generated from it.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from signaling import diary
from storage.errors import InvalidTextError, StorageUnavailableError
from storage.records import ApiKey
from web.api.errors import ApiError, read, read_query
from web.api.scopes import OF_OWNER, Scope
from web.mail import MailError
from web.security.csrf import SAFE_METHODS
from web.security.identity import Identity, NotSignedInError, api_key, identify, sends_key
from web.security.load_test import is_unlimited
from web.security.passwords import TooBusyError
from web.security.proxies import Client
from web.security.rate_limits import address_key
from web.services import SERVICES, Services

PARAMETER = r"^[A-Za-z0-9_-]{1,64}$"
"""Valid values of a `{name}` in a path; anything else isn't found."""
_PARAMETER = re.compile(PARAMETER.removesuffix("$") + r"\Z")

_ROOM = "/api/rooms/{id}"

RETRY_SECONDS = 2
"""How long clients are told to wait while the database is unavailable or too many passwords wait to be hashed."""


class Body(BaseModel):
    """Base of what clients send: unknown fields are errors, and so is 0 for false."""

    # Its validator is made when the first one comes: with all of them, the server would start later.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, defer_build=True)


class Reply(BaseModel):
    """Base of what the server answers; always includes all fields."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True, defer_build=True)


class Access(Enum):
    """Who may call an endpoint."""

    PUBLIC = "public"
    """Public, without authentication: `Call.identity` is None, and an expired access token is ignored."""
    ANYONE = "anyone"
    """Authentication is optional; `Call.identity` is set for people who are signed in."""
    USER = "user"
    """Only for people who are signed in; others get 401."""
    ADMIN = "admin"
    """Only for administrators; others get 401 or 403."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    request: web.Request
    services: Services
    client: Client
    identity: Identity | None
    """Who sends it. With a key for what belongs to its owner, that is the owner; with other keys, it is None."""
    key: ApiKey | None = None
    """The API key that a program sent it with."""

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.services.clock()

    @property
    def user(self) -> Identity:
        """The caller, for endpoints for users."""
        if self.identity is None:
            raise not_signed_in()
        return self.identity

    def parameter(self, name: str) -> str:
        """Return the value of a `{name}` in the path. Raises `ApiError` 404 for an invalid one."""
        text = self.request.match_info[name]
        if not _PARAMETER.match(text):
            raise not_found()
        return text

    @property
    def own_origin(self) -> str:
        """The origin of this server, as the browser knows it."""
        return f"{self.client.scheme}://{self.request.host}"

    @property
    def public_url(self) -> str:
        """Where people reach this server: as set, or as in this request, if that is a name of this machine."""
        return self.services.hosts.url(self.client.scheme, self.request.host)

    @property
    def limited(self) -> bool:
        """Whether limits by address, account and browser apply."""
        return self.services.settings.rate_limits and not is_unlimited(self.request)

    @property
    def address_key(self) -> str:
        """The key that the client's address is counted under for limits and queues."""
        return address_key(self.client.address)

    def limit(self, rule: str, key: str | None = None) -> None:
        """Count an attempt, by address if there is no key. Raises `ApiError` if it is one too many."""
        if not self.limited:
            return
        wait = self.services.limits.hit(rule, self.client.address if key is None else key)
        if wait is not None:
            raise too_many(wait)

    def check_limit(self, rule: str, key: str | None = None) -> None:
        """Refuse what `limit` would refuse, without counting."""
        if self.limited:
            wait = self.services.limits.wait(rule, self.client.address if key is None else key)
            if wait is not None:
                raise too_many(wait)


def too_many(wait: float) -> ApiError:
    """Make the answer to too many attempts; `wait` in seconds."""
    seconds = max(1, round(wait + 0.5))
    return ApiError(429, "too_many", "Too many attempts. Wait a moment.", headers={"Retry-After": str(seconds)})


def not_signed_in(message: str = "Log in first.") -> ApiError:
    """Make the answer to callers who have to sign in first."""
    return ApiError(401, "not_signed_in", message, headers={"WWW-Authenticate": "Bearer"})


def not_found() -> ApiError:
    """Make the answer for something that doesn't exist."""
    return ApiError(404, "not_found", "Not found.")


Handler = Callable[..., Awaitable[Any]]
"""Called with the `Call`, then the body and the query if they are declared. Returns the reply's model, None for 204, or
its own response."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A declared endpoint. `path` is in aiohttp's form; its `{names}` are in `call.request.match_info`."""

    method: str
    path: str
    handler: Handler
    tag: str
    access: Access
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    status: int
    reply: type[BaseModel] | None
    limit: str | None
    """The rule by which calls are counted per address, before anything else is done."""
    errors: tuple[int, ...]
    """Statuses in addition to those that follow from the rest of the declaration."""
    media: str | None
    """Media type of a reply that isn't JSON."""
    takes: tuple[str, ...]
    """Media types of a body that isn't JSON; `read_bytes` reads it."""
    scope: Scope | None
    """What an API key has to be good for; None: keys aren't accepted."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Check a request, call the handler, and answer. Raises `ApiError` and aiohttp's errors."""
        services = request.app[SERVICES]
        try:
            call = await self._call(request, services)
            arguments: list[Any] = [call]
            if self.body is not None:
                arguments.append(await read(request, self.body))
            if self.query is not None:
                arguments.append(read_query(request, self.query))
            result = await self.handler(*arguments)
        except StorageUnavailableError:
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise ApiError(
                503, "unavailable", "The database is unavailable. Try again in a moment.", headers=headers
            ) from None
        except TooBusyError:
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise ApiError(
                503, "busy", "Too many people are logging in. Try again in a moment.", headers=headers
            ) from None
        except (InvalidTextError, MailError) as error:
            raise ApiError(422, "invalid", str(error)) from None
        if self.method not in SAFE_METHODS:
            self._note(call)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=204)
        assert isinstance(result, BaseModel)
        return web.Response(text=result.model_dump_json(), status=self.status, content_type="application/json")

    def _note(self, call: Call) -> None:
        """Write a line into the operator's log, about a change of a room, an administrator or a program."""
        by = {} if call.identity is None else {"by_name": call.identity.user.name}
        who = {**by, "address": call.client.address}
        key = {} if call.key is None else {"key": call.key.name}
        if self.path.startswith(_ROOM):
            room = {"room": call.request.match_info.get("id", "")}
            diary.write("room changed", {**room, "do": f"{self.method} {self.path.removeprefix(_ROOM)}", **key}, who)
        elif self.access is Access.ADMIN:
            diary.write("administration", {"do": f"{self.method} {call.request.path}", "key": "none", **key}, who)
        elif call.key is not None:
            diary.write("program", {"do": f"{self.method} {call.request.path}", **key}, who)

    async def _call(self, request: web.Request, services: Services) -> Call:
        client = services.proxies.of(request)
        call = Call(request, services, client, None)
        if not services.origins.permits(self.method, request.headers, call.own_origin):
            services.origins.warn(request.headers, call.own_origin)
            raise ApiError(403, "foreign_origin", "Requests from other sites aren't allowed.")
        if self.access is not Access.PUBLIC and sends_key(request):
            return await self._by_key(call)
        if self.limit is not None:
            call.limit(self.limit)
        if self.access is Access.PUBLIC:
            return call
        try:
            identity = await identify(request, services)
        except NotSignedInError:
            raise not_signed_in() from None
        if identity is None and self.access in (Access.USER, Access.ADMIN):
            raise not_signed_in()
        if self.access is Access.ADMIN and (identity is None or identity.user.administrator_at is None):
            raise ApiError(403, "not_administrator", "Only administrators can do that.")
        return replace(call, identity=identity)

    async def _by_key(self, call: Call) -> Call:
        """Check the API key of a program, which has limits of its own in place of those by address."""
        if self.scope is None and self.access is not Access.ADMIN:
            raise not_signed_in("API keys aren't accepted here.")
        # Nobody guesses a key: this only protects the database.
        call.check_limit("unknown-key-lookup")
        try:
            key = await api_key(call.request, call.services)
        except NotSignedInError:
            call.limit("unknown-key-lookup")
            raise not_signed_in("This API key is wrong, has expired, or was revoked.") from None
        call = replace(call, key=key)
        call.limit("api-key", key.id)
        if self.scope is None:
            raise ApiError(403, "wrong_scope", "API keys can't do this. It needs an administrator.")
        if self.scope not in key.scopes:
            raise ApiError(403, "wrong_scope", f"This needs a key with the scope {self.scope}.")
        if self.scope in OF_OWNER:
            if key.owner is None:
                raise ApiError(403, "wrong_scope", "This needs a key with an owner.")
            return replace(call, identity=Identity(key.owner, session="", by_cookie=False))
        if key.owner is not None and key.owner.administrator_at is None:
            raise ApiError(403, "not_administrator", "The owner of this key is no longer an administrator.")
        return call


@dataclass(slots=True)
class Endpoints:
    """The endpoints of one file, under one heading of the document."""

    tag: str
    all: list[Endpoint] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        *,
        access: Access = Access.USER,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        status: int = 200,
        reply: type[BaseModel] | None = None,
        limit: str | None = None,
        errors: tuple[int, ...] = (),
        media: str | None = None,
        takes: tuple[str, ...] = (),
        scope: Scope | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare the decorated function as an endpoint. Its docstring's first line is the summary, the rest is the
        description. `body` and `reply` are JSON.
        """

        def declare(handler: Handler) -> Handler:
            made = Endpoint(
                method, path, handler, self.tag, access, body, query,
                204 if reply is None and media is None else status, reply, limit, errors, media, takes, scope,
            )  # fmt: skip
            self.all.append(made)
            return handler

        return declare

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes, for `web.Application.add_routes`."""
        return [web.route(each.method, each.path, each.serve) for each in self.all]
