import random

from sfu.layer_switch import OFF_AFTER, LayerSwitch
from sfu.wire.rtp import Rid

RIDS = (Rid("q"), Rid("h"), Rid("f"))


def test_at_first_all_are_on_and_what_nobody_wants_goes_off_after_a_while() -> None:
    switch = LayerSwitch()
    assert not switch.update(RIDS, 1, 10.0)
    assert not switch.update(RIDS, 1, 10.0 + OFF_AFTER - 0.01)
    assert switch.off == frozenset()
    assert switch.update(RIDS, 1, 10.0 + OFF_AFTER)
    assert switch.off == {"h", "f"}
    assert not switch.update(RIDS, 1, 100.0)


def test_smaller_ones_stay_on_and_none_is_left_when_nobody_watches() -> None:
    switch = LayerSwitch()
    for wanted, off in ((2, {"f"}), (3, set()), (0, {"q", "h", "f"}), (1, {"h", "f"})):
        for now in (10.0 * wanted, 10.0 * wanted + 5.0):
            switch.update(RIDS, wanted, now)
        assert switch.off == off


def test_what_is_wanted_again_is_on_at_once() -> None:
    switch = LayerSwitch()
    for now in (0.0, 5.0):
        switch.update(RIDS, 0, now)
    assert switch.update(RIDS, 2, 5.0)
    assert switch.off == {"f"}
    assert switch.update(RIDS, 3, 5.1)
    assert switch.off == frozenset()


def test_a_layout_that_flaps_switches_nothing() -> None:
    switch, rng, now = LayerSwitch(), random.Random(1), 0.0
    for _ in range(200):
        now += rng.random() * OFF_AFTER * 0.49
        assert not switch.update(RIDS, 0, now)
        now += rng.random() * OFF_AFTER * 0.49
        assert not switch.update(RIDS, 3, now)


def test_encodings_that_an_offer_adds_are_on_at_first() -> None:
    switch = LayerSwitch()
    for now in (0.0, 5.0):
        switch.update(RIDS[:1], 0, now)
    assert switch.off == {"q"}
    assert not switch.update(RIDS, 0, 5.0)
    assert switch.update(RIDS, 0, 5.0 + OFF_AFTER)
    assert switch.off == set(RIDS)
