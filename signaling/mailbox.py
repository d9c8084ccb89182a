"""Events for one person: numbered, delivered, and kept for a while so that none is lost with a WebSocket.

An event's body is serialised once, however many people get it, and shared between their mailboxes. Each recipient's
sequence number is added on delivery.
"""

from collections import deque
from collections.abc import Callable

from signaling.limits import ENVELOPE, MESSAGE_OVERHEAD, RESUME_BYTES, SERVER_BACKLOG_BYTES, size_of
from signaling.messages import EndReason, EventBody

Deliver = Callable[[int, "Body"], None]
"""Takes an event's sequence number and body."""
End = Callable[[EndReason], None]


class CannotResumeError(Exception):
    """Some of the events that were missed are no longer kept."""


class Body:
    """An event as JSON, without its sequence number."""

    __slots__ = ("cost", "keepers", "prompt", "text")

    def __init__(self, event: EventBody) -> None:
        self.text = event.model_dump_json()
        self.cost = size_of(self.text) + ENVELOPE + MESSAGE_OVERHEAD
        """Bytes that it takes in an outbox at most."""
        self.keepers = 0
        """How many mailboxes keep it."""
        self.prompt = False
        """Whether it is sent at once, even where events are gathered."""

    def numbered(self, seq: int) -> str:
        """Return the whole message."""
        return f'{{"type":"event","seq":{seq},"event":{self.text}}}'


class Backlogs:
    """What all rooms keep for `resume`, in bytes. Beyond the limit, the room that keeps the most drops half of it."""

    def __init__(self, limit: int = SERVER_BACKLOG_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self.rooms: dict[Backlog, None] = {}

    def grew(self, count: int) -> None:
        """Note that a room keeps this many bytes more; less if negative."""
        self.bytes += count
        while count > 0 and self.bytes > self.limit and self.rooms:
            largest = max(self.rooms, key=lambda room: room.bytes)
            if largest.bytes == 0:
                break
            largest.halve()


class Backlog:
    """What the mailboxes of one room keep, in bytes; a body shared by many counts once."""

    def __init__(self, server: Backlogs | None = None) -> None:
        self.bytes = 0
        self.mailboxes: dict[Mailbox, None] = {}
        self._server = Backlogs() if server is None else server

    def add(self, mailbox: "Mailbox") -> None:
        """Include a mailbox from now on."""
        self.mailboxes[mailbox] = None
        self._server.rooms[self] = None

    def remove(self, mailbox: "Mailbox") -> None:
        """Stop including a mailbox, which must be empty."""
        self.mailboxes.pop(mailbox, None)
        if not self.mailboxes:
            self._server.rooms.pop(self, None)

    def grew(self, count: int) -> None:
        """Note that this many bytes more are kept; less if negative."""
        self.bytes += count
        self._server.grew(count)

    def halve(self) -> None:
        """Drop the older half of what each mailbox keeps."""
        for mailbox in list(self.mailboxes):
            mailbox.drop_oldest((mailbox.kept + 1) // 2)


class Mailbox:
    """Receives one person's events while they are in a room or wait to be let in."""

    def __init__(self, backlog: Backlog | None) -> None:
        """Without a backlog, nothing is kept."""
        self.last_event = 0
        self._bodies: deque[Body] = deque()
        """The latest events, up to `last_event`."""
        self._cost = 0
        self._backlog = backlog
        if backlog is not None:
            backlog.add(self)
        self._deliver: Deliver | None = None
        self._end: End | None = None

    def tell(self, event: EventBody) -> None:
        """Send an event now, or after the WebSocket is back."""
        self.tell_body(Body(event))

    def tell_body(self, body: Body) -> None:
        """Send a body that others get too."""
        self.last_event += 1
        self._keep(body)
        if self._deliver is not None:
            self._deliver(self.last_event, body)

    def _keep(self, body: Body) -> None:
        backlog = self._backlog
        if backlog is None:
            return
        self._bodies.append(body)
        self._cost += body.cost
        body.keepers += 1
        while self._cost > RESUME_BYTES:
            self.drop_oldest(1)
        backlog.grew(body.cost + MESSAGE_OVERHEAD if body.keepers == 1 else MESSAGE_OVERHEAD)

    @property
    def kept(self) -> int:
        """The number of events kept."""
        return len(self._bodies)

    def drop_oldest(self, count: int) -> None:
        """Drop this many of the oldest events."""
        backlog = self._backlog
        assert backlog is not None
        freed = count * MESSAGE_OVERHEAD
        for _ in range(count):
            body = self._bodies.popleft()
            self._cost -= body.cost
            body.keepers -= 1
            if body.keepers == 0:
                freed += body.cost
        backlog.grew(-freed)

    def close(self) -> None:
        """Drop what is kept: the person has left. A last event may still be sent."""
        backlog = self._backlog
        if backlog is not None:
            freed = len(self._bodies) * MESSAGE_OVERHEAD
            for body in self._bodies:
                body.keepers -= 1
                if body.keepers == 0:
                    freed += body.cost
            self._bodies.clear()
            self._cost = 0
            backlog.grew(-freed)
            backlog.remove(self)
            self._backlog = None

    def end(self, why: EndReason) -> None:
        """End the session: send `bye` with the reason, then close the WebSocket."""
        if self._end is not None:
            self._end(why)

    @property
    def attached(self) -> bool:
        """Whether there is a WebSocket."""
        return self._deliver is not None

    def attach(self, deliver: Deliver, end: End | None = None) -> None:
        """Deliver events through a WebSocket from now on; `end` says goodbye and closes it."""
        self._deliver = deliver
        self._end = end

    def detach(self, deliver: Deliver) -> bool:
        """Stop delivering: the WebSocket is gone. Returns False if another one has taken its place."""
        if self._deliver is not deliver:
            return False
        self._deliver = self._end = None
        return True

    def missed(self, last_event: int) -> list[tuple[int, Body]]:
        """Return the events after that one, numbered. Raises `CannotResumeError` if some are no longer kept."""
        first = self.last_event - len(self._bodies) + 1
        if not first - 1 <= last_event <= self.last_event:
            raise CannotResumeError
        return [(seq, body) for seq, body in enumerate(self._bodies, first) if seq > last_event]
