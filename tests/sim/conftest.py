from collections.abc import Callable

import pytest

from tests.sim.network import World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world() -> MakeWorld:
    """Makes a `World`; the relay's wall clock is its virtual one."""
    return World
