"""Joining again with a new token after the server has forgotten the session."""

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
"""Codes of errors that may not occur again. All others are decisions, which another attempt doesn't change."""

COMES_BACK = frozenset({"lost", "server_stopping"})
"""Goodbyes after which the client joins again."""


def is_temporary(error: ClientError) -> bool:
    """Whether another attempt may succeed."""
    return error.temporary or error.code in TEMPORARY


def comes_back(error: ClientError | None, bye: Bye | None) -> bool:
    """Whether to join again after this end of a session."""
    if bye is not None:
        return bye.why in COMES_BACK
    return error is not None and is_temporary(error)


async def try_until_in(enter: Callable[[], Awaitable[None]], seconds: float | None) -> None:
    """Try to join for so many seconds (None: indefinitely). Raises the last `ClientError`."""
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
    """What a client did and watched before it joined again."""

    def __init__(self, state: RoomState, wishes: Mapping[str, SlotWatch], earlier: "Before | None") -> None:
        """`earlier`: what hasn't been restored yet since the last time."""
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
        """The slot's wish that a publication of now fulfils, if there is one. Each is returned once."""
        for mid, wish in self.wishes.items():
            same = wish.watch.publication == publication.id
            again = wish.watch.publication not in state.publications and wish.published.is_same(state, publication)
            if same or again:
                return self.wishes.pop(mid)
        return None

    def put_back(self, wish: Wish) -> None:
        """Keep a wish that couldn't be fulfilled after all."""
        self.wishes[wish.watch.slot] = wish
