"""An ended transport is freed at once, by reference counts: the garbage collector's full passes stop all media."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from sfu.transport import Transport
from tests.sim.conftest import MakeWorld
from tests.sim.network import World

_LOOSE_ENDS = {"Endpoint"}
"""The client's side belongs to the test."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.collect()


def take_out(world: World, name: str) -> "weakref.ref[Transport]":
    """Let a participant leave; a weak reference to the transport that was theirs."""
    peer = world.peers[name]
    transport = weakref.ref(peer.transport)
    world.leave(peer)
    world.run(0.1)
    world.relay.changed.clear()
    del peer.transport
    return transport


@pytest.mark.usefixtures("no_collector")
def test_an_ended_transport_is_freed_without_the_garbage_collector(make_world: MakeWorld) -> None:
    world = make_world(seed=1)
    for name in "abc":
        world.join(name)
    world.connect()
    for viewer, shown in ("ab", "bc", "ca"):
        world.show(world.peers[viewer], "v0", f"{shown}.camera")
    world.peers["a"].up.loss = world.peers["b"].down.loss = 0.05
    world.run(3.0)
    assert all(peer.video["v0"].frames for peer in world.peers.values())
    gc.collect()
    for name in "ab":
        assert take_out(world, name)() is None, f"{name}'s transport is still there"
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    waiting = {type(each).__qualname__ for each in gc.garbage if type(each).__module__.startswith("sfu.")}
    assert waiting <= _LOOSE_ENDS, "parts of the relay waited for the collector"


@pytest.mark.usefixtures("no_collector")
def test_a_section_that_ends_and_a_stream_that_is_replaced_are_freed_too(make_world: MakeWorld) -> None:
    world = make_world(seed=2)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    world.show(viewer, "v0", "a.camera")
    world.run(1.0)
    for source in sender.cameras:
        source.restart(source.ssrc + 1, source.rtx_ssrc + 1)
    sender.name_again(world.now)
    world.run(2.0)
    frames = len(viewer.video["v0"].frames)
    world.run(1.0)
    assert len(viewer.video["v0"].frames) > frames
    world.show(viewer, "v0", None)
    sender.transport.negotiate([], [], {})
    viewer.transport.negotiate([], [], {})
    world.run(1.0)
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    waiting = {type(each).__qualname__ for each in gc.garbage if type(each).__module__.startswith("sfu.")}
    assert waiting == set()
