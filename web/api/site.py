"""About this server and its API: `/api/config`, `/api/openapi.json`, `/api/docs`."""

import functools
import json
from collections.abc import Sequence
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from signaling.version import version
from web.api import docs, openapi
from web.api.endpoint import Access, Body, Call, Endpoints, Reply

endpoints: Endpoints = Endpoints("This server")

_JSON, _STYLE = "/api/openapi.json", "/api/docs.css"
_FOLDER = "/api/"
"""The folder of both, and of the documentation page."""


class Config(Reply):
    """What a page has to know about this server's settings."""

    registration: Annotated[
        Literal["open", "closed"], Field(description="closed: only the administrator creates accounts")
    ]
    guest_rooms: Annotated[bool, Field(description="whether people without an account can create rooms")]
    verification: Annotated[bool, Field(description="whether an address has to be confirmed before the first login")]
    version: str


@endpoints.add("GET", "/api/config", access=Access.PUBLIC, reply=Config)
async def config(call: Call) -> Config:
    """Show the settings of this server that everyone may know."""
    settings = call.services.settings
    return Config(
        registration=settings.registration,
        guest_rooms=settings.guest_rooms,
        verification=settings.smtp is not None,
        version=version(),
    )


class Origin(Body):
    """The origin of the page that asks."""

    origin: Annotated[str, Field(max_length=300)]


class Connection(Reply):
    """What a page can't find out by itself when its WebSocket doesn't open."""

    origin_accepted: Annotated[
        bool, Field(description="false: the server doesn't know that origin; true: something in between is at fault")
    ]


@endpoints.add("GET", "/api/connection", access=Access.PUBLIC, query=Origin, reply=Connection)
async def connection(call: Call, query: Origin) -> Connection:
    """Show whether a page of that origin may open the WebSocket. For pages whose WebSocket didn't open."""
    accepted = call.services.origins.accepts(query.origin, call.own_origin)
    if accepted:
        call.services.origins.warn_unopened(query.origin)
    return Connection(origin_accepted=accepted)


def description_of(others: Sequence[Endpoints]) -> Endpoints:
    """Make the endpoints that describe the others, and themselves."""
    own = Endpoints(endpoints.tag)

    # Endpoints are declared once, so both stay the same for as long as the process lives.

    @functools.cache
    def document(base: str) -> str:
        return json.dumps(openapi.document((*others, own), version(), base), ensure_ascii=False)

    @functools.cache
    def page(base: str) -> str:
        return docs.render(json.loads(document(base)), _STYLE.removeprefix(_FOLDER), _JSON.removeprefix(_FOLDER))

    @own.add("GET", _JSON, access=Access.PUBLIC, media="application/json")
    async def openapi_json(call: Call) -> web.Response:
        """Get the API as an OpenAPI document."""
        return web.Response(text=document(call.services.settings.base_path), content_type="application/json")

    @own.add("GET", "/api/docs", access=Access.PUBLIC, media="text/html")
    async def docs_page(call: Call) -> web.Response:
        """Get the API's documentation as a page."""
        return web.Response(text=page(call.services.settings.base_path), content_type="text/html")

    @own.add("GET", _STYLE, access=Access.PUBLIC, media="text/css")
    async def docs_style(call: Call) -> web.Response:
        """Get the style sheet of that page."""
        return web.Response(text=docs.STYLE, content_type="text/css")

    return own
