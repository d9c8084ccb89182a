"""A room's latest chat messages, and who may read them."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pydantic_core import to_json

from signaling.errors import RoomError
from signaling.limits import CHAT_BYTES
from signaling.messages import ChatMessage
from signaling.rooms.journal import SavedMessage
from signaling.rooms.participant import Participant
from signaling.text import clean_line, clean_text

MAX_CHAT = 200
"""Messages kept in memory, `CHAT_BYTES` at most; newcomers get those they may read."""

_FRAME = 450
"""Bytes of a message as sent, without the text that people wrote: field names, numbers, ids of up to 64 characters."""


def cost_of(message: SavedMessage) -> int:
    """Return the bytes that a message takes as sent, at most."""
    return _FRAME + len(to_json((message.text, message.sender_name, message.recipient_name)))


MAX_SENT = 2000
"""Client ids kept per room, to recognise messages sent again."""


def receiver_of(to: str, sender: Participant, participants: Mapping[str, Participant]) -> Participant:
    """Find the participant with this id, or the latest one of the person with this key. Raises `RoomError`."""
    if to in participants:
        return participants[to]
    found = [each for each in participants.values() if each.person_key == to]
    if not found:
        raise RoomError("not_found", "That person isn't in the room.")
    # The sender may be one of them: two tabs of a browser are one person.
    return next((each for each in reversed(found) if each is not sender), sender)


def may_read(message: SavedMessage, person: str) -> bool:
    """Whether a message was sent to everyone, or was between this person and another."""
    return message.recipient is None or person in (message.sender, message.recipient)


def latest(messages: Sequence[SavedMessage], limit: int) -> list[SavedMessage]:
    """Return the latest messages that fit into `limit` bytes together."""
    found: list[SavedMessage] = []
    for message in reversed(messages):
        limit -= cost_of(message)
        if limit < 0:
            break
        found.append(message)
    return found[::-1]


def cleaned(message: SavedMessage) -> SavedMessage:
    """Clean up a message that was stored before texts were checked."""
    text = clean_text(message.text)
    if not text.strip():
        text = "\N{REPLACEMENT CHARACTER}"
    recipient = None if message.recipient_name is None else clean_line(message.recipient_name)
    return replace(message, text=text, sender_name=clean_line(message.sender_name), recipient_name=recipient)


class ChatLog:
    """The latest messages of one room."""

    def __init__(
        self, messages: Iterable[SavedMessage] = (), sent: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        self._messages: deque[SavedMessage] = deque()
        self._bytes = 0
        for message in messages:
            self._keep(message)
        self._last_id = self._messages[-1].id if self._messages else 0
        self._sent = {} if sent is None else dict(sent)
        """Ids of messages, by sender and the sender's `client_id`."""

    def sent_before(self, sender: Participant, client_id: str | None) -> int | None:
        """Return the id of the message that this sender has already sent with this `client_id`."""
        return None if client_id is None else self._sent.get((sender.person, client_id))

    def _keep(self, message: SavedMessage) -> None:
        self._messages.append(message)
        self._bytes += cost_of(message)
        while len(self._messages) > MAX_CHAT or self._bytes > CHAT_BYTES:
            self._bytes -= cost_of(self._messages.popleft())

    def add(
        self,
        sender: Participant,
        text: str,
        recipient: Participant | None,
        unix_now: float,
        client_id: str | None = None,
    ) -> SavedMessage:
        """Add a message. Its id is greater than all earlier ones, even if the clock was set back."""
        self._last_id = max(self._last_id + 1, int(unix_now * 1_000_000))
        message = SavedMessage(
            id=self._last_id,
            sender=sender.person,
            sender_name=sender.name,
            text=text,
            recipient=None if recipient is None else recipient.person,
            recipient_name=None if recipient is None else recipient.name,
            sent_at=unix_now,
            client_id=client_id,
        )
        self._keep(message)
        if client_id is not None:
            self._sent[sender.person, client_id] = message.id
            if len(self._sent) > MAX_SENT:
                del self._sent[next(iter(self._sent))]
        return message

    def find(self, message_id: int) -> SavedMessage | None:
        """The message with this id, if it is one of the latest."""
        return next((message for message in self._messages if message.id == message_id), None)

    def remove(self, message_id: int) -> None:
        """Forget a message."""
        message = self.find(message_id)
        if message is not None:
            self._messages.remove(message)
            self._bytes -= cost_of(message)

    def readable_by(self, person: str) -> list[SavedMessage]:
        """Return the messages that this person may read, oldest first."""
        return [message for message in self._messages if may_read(message, person)]


def shown(message: SavedMessage, viewer: str, id_of: Callable[[str], str], key_of: Callable[[str], str]) -> ChatMessage:
    """Return a message as one person sees it.

    `id_of` gives the id of a person's participant, empty if they aren't in the room; `key_of` the person's key.
    """
    return ChatMessage(
        id=message.id,
        sender=id_of(message.sender),
        sender_person=key_of(message.sender),
        sender_name=message.sender_name,
        text=message.text,
        to=None if message.recipient is None else id_of(message.recipient),
        to_name=message.recipient_name,
        mine=message.sender == viewer,
        sent_at=message.sent_at,
        client_id=message.client_id if message.sender == viewer else None,
    )
