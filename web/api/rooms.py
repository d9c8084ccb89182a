"""`/api/rooms`: make a room, get a token to enter it."""

import secrets
import time
from typing import Annotated

from pydantic import Field, StringConstraints

from signaling import join_token
from signaling.join_token import JoinToken
from signaling.messages import Rights
from signaling.registry import TooManyRoomsError
from web.api.endpoint import Body, Call, Endpoints, Reply, Who
from web.api.errors import ApiError

endpoints = Endpoints("Rooms")

_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
]
_Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CreateRoom(Body):
    """Body of `POST /api/rooms/create`."""

    title: _Title = ""


class JoinRoom(Body):
    """Body of `POST /api/rooms/join`."""

    code: Annotated[str, Field(min_length=1, max_length=64)]
    name: _Name


class Created(Reply):
    id: str
    code: str
    link: str
    title: str


class RoomName(Reply):
    id: str
    code: str
    title: str


class Joined(Reply):
    token: str
    ws_url: str
    room: RoomName


@endpoints.add("POST", "/api/rooms/create", who=Who.ANYONE, body=CreateRoom, reply=Created, status=201, errors=(503,))
async def create(call: Call, body: CreateRoom) -> Created:
    """Make a room."""
    call.limit("create-room")
    signaling = call.services.signaling
    try:
        room = signaling.registry.create(body.title, signaling.media.now())
    except TooManyRoomsError:
        raise ApiError(503, "too_many_rooms", "This server has as many rooms as it can hold.") from None
    return Created(id=room.id, code=room.code, link=f"{call.public_url}/r/{room.code}", title=room.title)


@endpoints.add("POST", "/api/rooms/join", who=Who.ANYONE, body=JoinRoom, reply=Joined, errors=(404,))
async def join(call: Call, body: JoinRoom) -> Joined:
    """Get a token for a room."""
    signaling = call.services.signaling
    room = signaling.registry.find(body.code)
    if room is None:
        raise ApiError(404, "room_not_found", "There is no room with this code.")
    token = JoinToken(room.id, secrets.token_urlsafe(8), body.name, Rights())
    return Joined(
        token=join_token.sign(token, signaling.key, time.time()),
        ws_url="/ws",
        room=RoomName(id=room.id, code=room.code, title=room.title),
    )
