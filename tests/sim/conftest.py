from collections.abc import Callable

import pytest

from tests.sim.network import Link, WallClock, World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    """Makes a `World`; the relay's wall clock is its virtual one."""

    def make(seed: int, link: Link | None = None) -> World:
        world = World(seed, link)
        monkeypatch.setattr("sfu.transport.time", WallClock(world))
        return world

    return make
