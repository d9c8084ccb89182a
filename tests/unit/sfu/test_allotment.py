import pytest

from sfu.allotment import INTERVAL, LONG_INTERVAL, SETTLED
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.plane import SlotWish
from sfu.router import Router
from sfu.slot import Slot
from sfu.wire.rtp import Rid
from tests.sim.peer import HEIGHTS, RIDS
from tests.unit.sfu.rig import AUDIO, CAMERA, SLOT, Rig

BITRATES = {Rid("q"): 150_000, Rid("h"): 500_000, Rid("f"): 1_500_000}


class FixedLink:
    """A viewer's link whose bandwidth is known."""

    def __init__(self, estimate: int) -> None:
        self.usable = estimate
        self.wished: int | None = None

    def is_guess(self, now: float) -> bool:
        return False

    def wish(self, bits_per_second: int | None) -> None:
        self.wished = bits_per_second


class Call:
    """A camera with three encodings, and a viewer who wants it large."""

    def __init__(self, estimate: int) -> None:
        self.rig = Rig()
        self.router = Router()
        self.link = FixedLink(estimate)
        self.router.join("a", self.rig.publisher.transport)
        self.router.publish("a", CAMERA, "camera", muted=False, heights=HEIGHTS, bitrates=BITRATES)
        self.seq = 0
        self.send()
        self.client, self.slot = self.rig.viewer()
        self.router.join("b", self.client.transport, self.link)
        self.router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
        self.reconcile()

    def send(self, *, key: bool = True) -> None:
        """Send a frame in each encoding."""
        for layer in range(3):
            self.rig.deliver(self.rig.video_packet(layer, self.seq, self.seq, 0, key=key, parts=1))
        self.rig.flush()
        self.seq += 1

    def reconcile(self) -> list[str | None]:
        """Let some time pass; returns why slots are paused, as the viewer is told."""
        self.rig.now += INTERVAL
        self.send()
        changes = self.router.reconcile(self.rig.now)
        return [change.state.why for change in changes]

    @property
    def shown(self) -> str | None:
        forwarder = self.slot.forwarder
        encoding = forwarder.target or forwarder.current
        return None if encoding is None else encoding.rid


def test_a_viewer_gets_the_encoding_that_fits_the_link() -> None:
    assert Call(400_000).shown == "q"
    assert Call(800_000).shown == "h"
    assert Call(3_000_000).shown == "f"


def test_a_viewer_whose_link_is_not_known_gets_everything() -> None:
    call = Call(100_000)
    client, slot = call.rig.viewer()
    call.router.join("c", client.transport)
    call.router.watch("c", [SlotWish(SLOT, "a.camera", 720)])
    call.reconcile()
    assert (slot.limit, slot.layers) == (None, None)
    assert slot.wanted(call.rig.now) is call.rig.encoding(2)


def test_a_slot_for_which_there_is_no_room_is_paused_and_its_viewer_told_why() -> None:
    call = Call(800_000)
    call.reconcile()
    call.link.usable = 100_000
    assert call.reconcile() == ["bandwidth"]
    assert call.shown is None
    assert call.reconcile() == []
    call.router.mute("a", "camera", muted=True)
    assert call.reconcile() == ["muted"]
    call.router.mute("a", "camera", muted=False)
    call.link.usable = 3_000_000
    call.reconcile()
    call.reconcile()
    assert call.slot.state().why is None
    assert call.shown == "f"


def test_the_link_is_told_what_more_would_take() -> None:
    call = Call(700_000)
    assert call.link.wished is not None
    assert 1_000_000 <= call.link.wished <= 1_700_000
    call.link.usable = 5_000_000
    for _ in range(4):
        call.reconcile()
    assert call.shown == "f"
    assert call.link.wished is None


def test_small_changes_of_the_estimate_change_nothing() -> None:
    call = Call(1_700_000)
    for factor in (0.98, 0.99, 0.975, 1.0):
        call.link.usable = round(1_700_000 * factor)
        call.reconcile()
        assert call.shown == "f"


def test_the_larger_encoding_goes_on_with_few_pictures_until_the_smaller_one_begins() -> None:
    call = Call(3_000_000)
    call.reconcile()
    slot: Slot = call.slot
    assert slot.forwarder.current is call.rig.encoding(2)
    call.link.usable = 600_000
    call.rig.now += 2 * INTERVAL + 1.0  # too long after the last keyframe to start with it
    call.send(key=False)
    call.router.reconcile(call.rig.now)
    assert slot.forwarder.target is call.rig.encoding(1)
    assert slot.forwarder._wanted_layers == Layers(7, 0)
    call.send()
    call.router.report_switched("b")
    assert slot.forwarder.current is call.rig.encoding(1)
    assert slot.forwarder._wanted_layers == ALL_LAYERS


def test_bitrates_are_those_measured_once_there_are_any() -> None:
    call = Call(3_000_000)
    for _ in range(12):
        call.reconcile()
        call.router.listen(call.rig.now)
    measured = call.rig.camera.offers(call.rig.now, call.slot.forwarder.codecs)
    assert [offer.encoding for offer in measured] == list(RIDS)
    assert all(rate < 20_000 for offer in measured for rate in offer.bitrates.values())
    assert call.rig.publisher.transport.receiver.publications[AUDIO].encodings == {}


def test_what_a_link_allows_more_or_less_of_the_same_picture_is_counted() -> None:
    call = Call(3_000_000)
    call.reconcile()
    slot = call.slot
    assert (slot.raised, slot.lowered) == (0, 0)
    call.link.usable = 600_000
    call.reconcile()
    assert (slot.raised, slot.lowered) == (0, 1)
    call.link.usable = 100_000
    assert call.reconcile()[-1] == "bandwidth"
    assert (slot.raised, slot.lowered) == (0, 2)
    call.link.usable = 3_000_000
    while call.shown != "f":
        call.reconcile()
    assert (slot.raised, slot.lowered) == (1, 2)
    totals = call.client.transport.totals()
    assert (totals.raised, totals.lowered) == (1, 2)


def test_another_picture_or_none_is_not_counted_as_a_change_of_the_link() -> None:
    call = Call(3_000_000)
    call.reconcile()
    call.router.watch("b", [SlotWish(SLOT, None, 720)])
    call.reconcile()
    call.router.watch("b", [SlotWish(SLOT, "a.camera", 720)])
    call.reconcile()
    call.router.mute("a", "camera", muted=True)
    call.reconcile()
    call.router.mute("a", "camera", muted=False)
    call.reconcile()
    assert call.shown == "f"
    assert (call.slot.raised, call.slot.lowered) == (0, 0)


def test_an_ample_link_is_looked_at_less_often_but_a_fall_is_noticed_at_once() -> None:
    call = Call(10_000_000)
    allotment = call.router._members["b"].allotment
    began = call.rig.now
    while allotment.due(call.rig.now + INTERVAL):
        call.reconcile()
    now = call.rig.now
    assert SETTLED - 2 * INTERVAL <= now - began <= SETTLED
    assert not allotment.due(now + INTERVAL)
    assert allotment.due(now + LONG_INTERVAL)
    call.link.usable = 100_000
    assert not allotment.due(now + INTERVAL / 2)
    assert allotment.due(now + INTERVAL)
    call.reconcile()
    assert call.slot.limit == 0 or call.shown == "q"
    call.link.usable = 10_000_000
    assert allotment.due(call.rig.now + INTERVAL)  # the viewer lacks something


@pytest.mark.parametrize("estimate", [10_000_000, None])
def test_a_relay_that_cannot_keep_up_sends_smaller_pictures_and_goes_back(estimate: int | None) -> None:
    call = Call(10_000_000)
    if estimate is None:
        call.router._members["b"].link = None  # and it reports nothing
    call.reconcile()
    assert call.shown == "f"
    call.router.level = 2
    call.reconcile()
    assert call.shown == "q"
    call.router.level = 0
    call.reconcile()
    assert call.shown == "f"
