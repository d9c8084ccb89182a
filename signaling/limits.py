"""How much may wait for one client, in bytes as they are sent. Limits that have to agree are derived from one another.

A socket's outbox takes everything that the server may have to say at once: the `welcome` of the fullest room with the
longest chat, all events that `resume` can replay, and the pages of older messages that were asked for. So no room can
grow until nobody can join it, and no participant can miss so much that a new socket is cut off while it catches up.
"""

MAX_PARTICIPANTS = 1000
"""In one room."""

MAX_VISITORS = 100
"""People who wait to be let into one room, at most."""

MAX_VISITORS_PER_ADDRESS = MAX_VISITORS // 2
"""Of them from one address, so that nobody fills the waiting room alone."""

DEVICES_PER_PERSON = 8
"""Participants and people waiting in one room who are the same person, unless a setting says otherwise."""

GUESTS_PER_ADDRESS = 250
"""Guests of one address in one room, likewise. High, for a whole office or school may share an address."""

MAX_LOOKUPS = 4
"""Requests for older messages that a client may have under way."""

MESSAGE_OVERHEAD = 64
"""What a message costs beside its text while it waits: an object, an entry in a queue, a frame header."""

ENVELOPE = 64
"""Longest frame around the body of an event, with its sequence number, or around the result of a request."""

PARTICIPANT_BYTES = 2048
"""Longest description of a participant: a name of 64 characters of 4 bytes each, and four publications."""

VISITOR_BYTES = 512
"""Longest description of somebody who waits to be let in."""

CHAT_BYTES = 256 << 10
"""Chat of one room that is kept in memory and shown to newcomers. Older messages come from the store."""

PAGE_BYTES = 256 << 10
"""Longest page of older chat messages."""

RESUME_BYTES = 1 << 20
"""Events kept for one participant, for `resume`: half a minute of a lively room of 300 takes a fifth of it."""

LIVE_BYTES = 256 << 10
"""What may come up while the rest is still being written."""

WELCOME_BYTES = MAX_PARTICIPANTS * PARTICIPANT_BYTES + MAX_VISITORS * VISITOR_BYTES + CHAT_BYTES + 16 * 1024
"""Longest `welcome`."""

OUTBOX_BYTES = WELCOME_BYTES + RESUME_BYTES + MAX_LOOKUPS * PAGE_BYTES + LIVE_BYTES
"""What may wait to be written to one WebSocket."""

SERVER_OUTBOX_BYTES = 512 << 20
"""What may wait to be written to all WebSockets together: a thousand at once join a full room in less. Beyond it,
sockets for which more than `LIVE_BYTES` wait are cut off."""

SERVER_BACKLOG_BYTES = 64 << 20
"""Events kept for `resume` in all rooms together; one that many people of a room were told counts once."""


def size_of(text: str) -> int:
    """Bytes of a text as it is sent."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
