"""Handlers of participants' requests: one function per message type."""

import asyncio
from collections.abc import Callable
from typing import Any

from signaling import messages
from signaling.errors import RoomError
from signaling.messages import Answer, ChatSent, Result
from signaling.rooms import moderation
from signaling.rooms.participant import Participant
from signaling.rooms.room import Room

ANSWER_SECONDS = 2.0
"""How long the media plane may take to answer an offer."""


class Context:
    """Who makes a request, in which room, and when."""

    __slots__ = ("hosts", "now", "participant", "room", "unix_now")

    def __init__(self, room: Room, participant: Participant, hosts: list[str], now: float, unix_now: float) -> None:
        self.room = room
        self.participant = participant
        self.hosts = hosts
        """Addresses of the relay's machine, as this client can reach it."""
        self.now = now
        self.unix_now = unix_now
        """Seconds since 1970."""


async def _offer(context: Context, request: messages.Offer) -> Result:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return Answer(sdp=await context.room.offer(context.participant, request.sdp, context.hosts))
    except TimeoutError:
        raise RoomError("unavailable", "The server can't connect your media right now. Try again.") from None


def _publish(context: Context, request: messages.Publish) -> None:
    context.room.publish(context.participant, request)


def _unpublish(context: Context, request: messages.Unpublish) -> None:
    context.room.unpublish(context.participant, request.source)


def _mute(context: Context, request: messages.Mute) -> None:
    context.room.mute(context.participant, request.source, muted=request.muted)


def _watch(context: Context, request: messages.Watch) -> None:
    context.room.watch(context.participant, request.slots)


def _chat(context: Context, request: messages.Chat) -> Result | None:
    message = context.room.say(context.participant, request, context.now, context.unix_now)
    return None if request.client_id is None else ChatSent(message=message, client_id=request.client_id)


def _hand(context: Context, request: messages.Hand) -> None:
    context.room.raise_hand(context.participant, raised=request.raised)


def _react(context: Context, request: messages.React) -> None:
    context.room.react(context.participant, request.emoji)


def _moderate(context: Context, request: messages.Moderate) -> None:
    moderation.act(context.room, context.participant, request.action, context.now)


def _ping(context: Context, request: messages.Ping) -> None:
    """Do nothing: the client only wants the reply."""


def _leave(context: Context, request: messages.Leave) -> None:
    context.room.leave(context.participant, "left", context.now)


_HANDLERS: dict[type[messages.Request], Callable[[Context, Any], Result | None]] = {
    messages.Publish: _publish,
    messages.Unpublish: _unpublish,
    messages.Mute: _mute,
    messages.Watch: _watch,
    messages.Chat: _chat,
    messages.Hand: _hand,
    messages.React: _react,
    messages.Moderate: _moderate,
    messages.Ping: _ping,
    messages.Leave: _leave,
}


async def handle(context: Context, request: messages.Request) -> Result | None:
    """Carry out a participant's request. Only an offer may have to wait. Raises `RoomError`."""
    if not context.participant.budget.allow(request, context.now):
        raise RoomError("too_many", "Too many requests. Wait a moment.")
    if isinstance(request, messages.Offer):
        return await _offer(context, request)
    return _HANDLERS[type(request)](context, request)
