"""A program in a room: it joins over the same protocol as a browser, publishes, receives, chats and records.

    async with Client("http://localhost:8080", room="abcde-fghjk-mnpqr", name="bot") as client:
        await client.publish(Pattern(width=640, height=360, fps=30))
        async for event in client.events():
            print(event)

Media is never coded while a call lasts: what is published is encoded once before, what comes is counted or recorded
as it is. So a process holds a hundred of them.
"""

from signaling.client.client import Client
from signaling.client.errors import ClientError, MediaError
from signaling.client.events import Reconnected, Reconnecting, TrackEnded
from signaling.client.file import MediaFile
from signaling.client.http import create_room
from signaling.client.options import ClientOptions
from signaling.client.pattern import Pattern
from signaling.client.receive import Slot, SlotStats

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
