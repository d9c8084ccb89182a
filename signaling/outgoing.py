"""What waits to be written to one WebSocket, in order, and when: replies at once, events gathered.

While nothing happens in a room, an event goes at once. While much happens, the events of an interval go in one frame,
so that a member of a room of hundreds gets at most ten frames a second, whatever the others do. Nothing is lost with
what has been gathered: the mailbox keeps it for `resume`.
"""

from collections import deque
from collections.abc import Sized

from signaling.limits import MESSAGE_OVERHEAD, size_of
from signaling.mailbox import Body
from signaling.rate_limit import RateLimit

SECONDS_PER_PERSON = 0.002
LONGEST_INTERVAL = 0.1
"""Seconds between two frames of events: the more people, the more happens. A room of 50 or more has the longest."""

PROMPT_BURST, PROMPTS_PER_SECOND = 10, 10.0
"""How often an event that can't wait may shorten the interval."""

FRAME_BYTES = 64 << 10
"""Most events are far shorter. What exceeds it follows at once in another frame."""


def interval(people: int) -> float:
    """Return the shortest time between two frames of events, in seconds."""
    return min(people * SECONDS_PER_PERSON, LONGEST_INTERVAL)


class Outgoing:
    """A queue of replies and events. Takes `now`, in seconds of any clock that never goes back."""

    __slots__ = ("_batches", "_hurried", "_last", "_people", "_prompts", "_waiting", "bytes")

    def __init__(self) -> None:
        self.bytes = 0
        """What waits, as `signaling.limits` counts it."""
        self._waiting: deque[str | tuple[int, Body]] = deque()
        self._hurried = 0
        """How many of the first ones can't wait."""
        self._last = float("-inf")
        """When events were last taken."""
        self._batches = False
        self._people: Sized = ()
        self._prompts = RateLimit(PROMPT_BURST, PROMPTS_PER_SECOND)

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._waiting)

    def gather(self, people: Sized) -> None:
        """Gather events from now on: the client takes many in one frame. `people`: everyone whose events it gets."""
        self._batches, self._people = True, people

    def put(self, text: str) -> None:
        """Add a reply. It takes along the events before it."""
        self._waiting.append(text)
        self.bytes += size_of(text) + MESSAGE_OVERHEAD
        self._hurried = len(self._waiting)

    def put_event(self, seq: int, body: Body, now: float) -> None:
        """Add an event, numbered one more than the event before."""
        self._waiting.append((seq, body))
        self.bytes += body.cost
        if body.prompt and (self._hurried or self._prompts.allow(now)):
            self._hurried = len(self._waiting)

    @property
    def hurried(self) -> bool:
        """Whether something can't wait."""
        return self._hurried > 0

    def due(self, now: float) -> float:
        """Return when the next frame has to be written: `now`, or later. Something has to be waiting."""
        if self._hurried or not self._batches:
            return now
        return max(now, self._last + interval(len(self._people)))

    def take(self, now: float) -> str:
        """Remove and return the next frame. Something has to be waiting."""
        first = self._waiting.popleft()
        self._hurried = max(0, self._hurried - 1)
        if isinstance(first, str):
            self.bytes -= size_of(first) + MESSAGE_OVERHEAD
            return first
        self._last = now
        seq, body = first
        self.bytes -= body.cost
        bodies = self._more(body.cost) if self._batches else []
        if not bodies:
            return body.numbered(seq)
        return f'{{"type":"events","seq":{seq},"events":[{",".join([body.text, *bodies])}]}}'

    def _more(self, size: int) -> list[str]:
        """Take the events that follow, up to a reply, or as many as fit beside the first of them, of `size` bytes."""
        bodies: list[str] = []
        while self._waiting and not isinstance(following := self._waiting[0], str):
            cost = following[1].cost
            size += cost
            if size > FRAME_BYTES:
                self._hurried = max(self._hurried, len(bodies) + 1)
                break
            self._waiting.popleft()
            self.bytes -= cost
            bodies.append(following[1].text)
        self._hurried = max(0, self._hurried - len(bodies))
        return bodies

    def clear(self) -> None:
        """Drop everything."""
        self._waiting.clear()
        self.bytes = self._hurried = 0
