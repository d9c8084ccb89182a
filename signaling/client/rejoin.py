"""Bringing a program back into its room under a new token, after the server has forgotten it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from signaling.client.errors import ClientError
from signaling.client.people import Published
from signaling.client.state import RoomState
from signaling.messages import Bye, Publication, SlotWatch, Source

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 3.0
"""Seconds between attempts, doubled each time, and shortened at random so that a crowd spreads out."""

TEMPORARY = frozenset({"unreachable", "connection_lost", "bad_token", "cannot_resume", "unavailable", "internal"})
"""Codes of errors that another attempt may not meet with. All others are somebody's decision, and stay as they are."""

COMES_BACK = frozenset({"lost", "server_stopping"})
"""Goodbyes that are nobody's decision."""


def is_temporary(error: ClientError) -> bool:
    """Whether another attempt may succeed."""
    return error.temporary or error.code in TEMPORARY


def comes_back(error: ClientError | None, bye: Bye | None) -> bool:
    """Whether a client whose session has ended so joins again."""
    if bye is not None:
        return bye.why in COMES_BACK
    return error is not None and is_temporary(error)


async def try_until_in(enter: Callable[[], Awaitable[None]], seconds: float | None) -> None:
    """Join, again and again for so many seconds (None: for ever). Raises the `ClientError` that ends it."""
    loop = asyncio.get_running_loop()
    until = float("inf") if seconds is None else loop.time() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            await enter()
            return
        except ClientError as error:
            wait = pause * random.uniform(0.5, 1)  # noqa: S311 (spreads clients, hides nothing)
            if not is_temporary(error) or loop.time() + wait > until:
                raise
            log.info("not back in the room yet: %s", error)
        await asyncio.sleep(wait)
        pause = min(2 * pause, LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a slot showed, and whose it was."""

    published: Published
    watch: SlotWatch


class Before:
    """What a client did and watched before it had to join again."""

    def __init__(self, state: RoomState, wishes: Mapping[str, SlotWatch], earlier: "Before | None") -> None:
        """`earlier`: what hasn't been taken up yet since the client joined again the last time."""
        own = [each for each in state.publications.values() if each.participant == state.you_id]
        self.hand = state.people[state.you_id].hand
        self.muted: set[Source] = {each.source for each in own if each.muted}
        self.taken_up = False
        self.wishes: dict[str, Wish] = {} if earlier is None else dict(earlier.wishes)
        for mid, watch in wishes.items():
            published = Published.find(state, watch.publication)
            if published is not None:
                self.wishes[mid] = Wish(published, watch)
        if earlier is not None and not earlier.taken_up:
            self.hand, self.muted = earlier.hand, earlier.muted

    def match(self, state: RoomState, publication: Publication) -> Wish | None:
        """What a slot wants to show of a publication that is there now; each slot is given once."""
        for mid, wish in self.wishes.items():
            same = wish.watch.publication == publication.id
            again = wish.watch.publication not in state.publications and wish.published.is_same(state, publication)
            if same or again:
                return self.wishes.pop(mid)
        return None

    def put_back(self, wish: Wish) -> None:
        """It could not be shown after all."""
        self.wishes[wish.watch.slot] = wish
