"""`/api/rooms`: make a room, get a token to enter it."""

import secrets
import time
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from signaling import join_token
from signaling.join_token import JoinToken
from signaling.messages import Rights
from signaling.registry import TooManyRoomsError
from signaling.session import SignalingServer
from web.api.errors import ApiError, read

SIGNALING = web.AppKey("signaling", SignalingServer)

_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
]
_Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CreateRoom(BaseModel):
    """Body of `POST /api/rooms/create`."""

    model_config = ConfigDict(extra="forbid")
    title: _Title = ""


class JoinRoom(BaseModel):
    """Body of `POST /api/rooms/join`."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(min_length=1, max_length=64)]
    name: _Name


async def create(request: web.Request) -> web.Response:
    """Make a room: `{title?}` → 201 `{id, code, link, title}`."""
    body = await read(request, CreateRoom)
    signaling = request.app[SIGNALING]
    try:
        room = signaling.registry.create(body.title, signaling.media.now())
    except TooManyRoomsError:
        raise ApiError(503, "too_many_rooms", "This server has as many rooms as it can hold.") from None
    link = f"{request.scheme}://{request.host}/r/{room.code}"
    return web.json_response({"id": room.id, "code": room.code, "link": link, "title": room.title}, status=201)


async def join(request: web.Request) -> web.Response:
    """Get a token for a room: `{code, name}` → `{token, ws_url, room}`."""
    body = await read(request, JoinRoom)
    signaling = request.app[SIGNALING]
    room = signaling.registry.find(body.code)
    if room is None:
        raise ApiError(404, "room_not_found", "There is no room with this code.")
    token = JoinToken(room.id, secrets.token_urlsafe(8), body.name, Rights())
    return web.json_response(
        {
            "token": join_token.sign(token, signaling.key, time.time()),
            "ws_url": "/ws",
            "room": {"id": room.id, "code": room.code, "title": room.title},
        }
    )


routes = [web.post("/api/rooms/create", create), web.post("/api/rooms/join", join)]
