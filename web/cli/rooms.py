"""`milanio room …`: rooms, from the server's own terminal."""

import argparse
import json
import time

from signaling.codes import normalise_code
from storage.errors import InvalidTextError
from storage.records import Room
from storage.store import Store
from web.cli.database import on_store, settings_of
from web.cli.terminal import CommandError, moment, print_table
from web.room_settings import stored_settings

_PAGE = 500


def show(arguments: argparse.Namespace) -> None:
    """`milanio room list`."""
    rooms = on_store(settings_of(arguments, may_create=False), _everything)
    if arguments.json:
        print(json.dumps([_facts(room, owner) for room, owner in rooms], indent=2))
        return
    print_table(
        ("CODE", "TITLE", "STATE", "OWNER", "LAST USED"),
        (
            (room.code, _title(room), room.state, owner or "", moment(room.last_active_at) or "")
            for room, owner in rooms
        ),
    )


def _title(room: Room) -> str:
    return stored_settings(room).title


async def _everything(store: Store) -> list[tuple[Room, str | None]]:
    """Return all rooms with their owners' addresses, the latest used first."""
    rooms: list[tuple[Room, str | None]] = []
    while page := await store.rooms.all(_PAGE, len(rooms)):
        rooms += page
    return sorted(rooms, key=lambda room: -room[0].last_active_at)


def _facts(room: Room, owner: str | None) -> dict[str, str | None]:
    return {
        "id": room.id,
        "code": room.code,
        "title": _title(room),
        "state": room.state,
        "owner": owner,
        "created_at": moment(room.created_at),
        "last_used_at": moment(room.last_active_at),
        "expires_at": moment(room.expires_at),
        "ended_at": moment(room.ended_at),
    }


def end(arguments: argparse.Namespace) -> None:
    """`milanio room end`."""
    code = normalise_code(arguments.code)

    async def destroy(store: Store) -> bool:
        try:
            room = await store.rooms.by_code(code)
        except InvalidTextError:
            room = None
        if room is None:
            raise CommandError(f"there is no room with the code {code!r}")
        return await store.rooms.set_state(room.id, "destroyed", time.time())

    ended = on_store(settings_of(arguments, may_create=False), destroy)
    print(f"ended room {code}" if ended else f"room {code} has already ended")
