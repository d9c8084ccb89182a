"""How much may be queued for one client, in bytes as sent. Limits that depend on others are derived from them.

A socket's outbox has room for everything that the server may have to send at once: the `welcome` of the fullest room
with the longest chat, all events that `resume` can replay, and the pages of older messages that the client asked for.
So a room can't grow too large to be joined, and a participant can't miss so much that a new socket is cut off while it
catches up.
"""

MAX_PARTICIPANTS = 1000
"""In one room."""

MAX_VISITORS = 100
"""People who wait to be let into one room, at most."""

MAX_VISITORS_PER_ADDRESS = MAX_VISITORS // 2
"""How many of them may come from one address, so that no one fills the waiting room alone."""

DEVICES_PER_PERSON = 8
"""How often one person may be in a room or wait for it, unless a setting says otherwise."""

GUESTS_PER_ADDRESS = 250
"""Guests from one address in one room, likewise. High, since a whole office or school may share an address."""

MAX_LOOKUPS = 4
"""Requests for older messages that a client may have in progress."""

MESSAGE_OVERHEAD = 64
"""What a queued message costs beside its text: an object, an entry in a queue, a frame header."""

ENVELOPE = 64
"""Longest envelope of an event's body, with its sequence number, or of a request's result."""

PARTICIPANT_BYTES = 2048
"""Longest description of a participant: a name of 64 characters of 4 bytes each, and four publications."""

VISITOR_BYTES = 512
"""Longest description of a visitor waiting to be let in."""

CHAT_BYTES = 256 << 10
"""Chat of one room that is kept in memory and sent to newcomers. Older messages come from the store."""

PAGE_BYTES = 256 << 10
"""Longest page of older chat messages."""

RESUME_BYTES = 1 << 20
"""Events kept for one participant, for `resume`: half a minute of a lively room of 300 takes a fifth of it."""

LIVE_BYTES = 256 << 10
"""What may be added while the rest is still being written."""

WELCOME_BYTES = MAX_PARTICIPANTS * PARTICIPANT_BYTES + MAX_VISITORS * VISITOR_BYTES + CHAT_BYTES + 16 * 1024
"""Longest `welcome`."""

OUTBOX_BYTES = WELCOME_BYTES + RESUME_BYTES + MAX_LOOKUPS * PAGE_BYTES + LIVE_BYTES
"""What may be queued for one WebSocket."""

SERVER_OUTBOX_BYTES = 512 << 20
"""What may be queued for all WebSockets together: less is needed when a thousand people join a full room at once.
Beyond it, sockets with more than `LIVE_BYTES` in their queue are cut off."""

SERVER_BACKLOG_BYTES = 64 << 20
"""Events kept for `resume` in all rooms together; one that was sent to many people of a room counts once."""


def size_of(text: str) -> int:
    """Return the bytes that a text takes as sent."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
