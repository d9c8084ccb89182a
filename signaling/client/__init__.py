"""A program in a room: it joins over the same protocol as a browser, publishes, receives, chats and records.

    async with Client("http://localhost:8080", room="abcde-fghjk-mnpqr", name="bot") as client:
        await client.publish(Pattern(width=640, height=360, fps=30))
        async for event in client.events():
            print(event)

A `Pattern` or a `MediaFile` is encoded once before it is published, and what arrives is counted or recorded as it is:
so a process holds a hundred clients. aiortc's tracks are encoded and decoded live: see docs/bots.md. PyAV and aiortc
are loaded when they are first needed; the `.pyi` beside this file tells type checkers what it has.
"""

from importlib import import_module
from typing import Any

from signaling.client.client import Client
from signaling.client.errors import ClientError, MediaError
from signaling.client.events import Reconnected, Reconnecting, TrackEnded
from signaling.client.http import create_room
from signaling.client.options import ClientOptions
from signaling.client.receive import Slot, SlotStats

_NEED_PYAV = {"MediaFile": "signaling.client.file", "Pattern": "signaling.client.pattern"}

__all__ = [
    "Client",
    "ClientError",
    "ClientOptions",
    "MediaError",
    "MediaFile",
    "Pattern",
    "Reconnected",
    "Reconnecting",
    "Slot",
    "SlotStats",
    "TrackEnded",
    "create_room",
]


def __getattr__(name: str) -> Any:
    if name in _NEED_PYAV:
        return getattr(import_module(_NEED_PYAV[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
