import pytest

from sfu.plane import QualityLevel
from sfu.quality import (
    GOOD_JITTER,
    GOOD_LOSS,
    GOOD_ROUND_TRIP,
    POOR_JITTER,
    POOR_LOSS,
    POOR_ROUND_TRIP,
    ConnectionQuality,
    Measurement,
    examine,
    judge,
    measure,
)
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.transport import State, Transport
from tests.unit.sfu.rig import AUDIO, CAMERA, Rig

CERTIFICATE = Certificate()


def transport(loss: float, round_trip: float | None) -> Transport:
    made = Relay(CERTIFICATE).add(Credentials.generate(), CERTIFICATE.fingerprint, 0.0)
    made.sender.loss, made.sender.round_trip = loss, round_trip
    return made


def test_losses_or_a_long_way_make_a_connection_poor_until_they_are_well_over() -> None:
    for loss, round_trip in ((POOR_LOSS + 0.01, None), (0.0, POOR_ROUND_TRIP + 0.1)):
        assert measure(transport(loss, round_trip)).level == "poor"
    for loss, round_trip in ((GOOD_LOSS + 0.01, 0.0), (0.0, GOOD_ROUND_TRIP + 0.1)):
        assert measure(transport(loss, round_trip), "poor").level == "poor"
        assert measure(transport(loss, round_trip), "good").level == "good"
    assert measure(transport(GOOD_LOSS, GOOD_ROUND_TRIP), "poor") == ConnectionQuality(
        "good", GOOD_LOSS, GOOD_ROUND_TRIP
    )


def test_who_is_not_heard_of_is_lost_whatever_was_measured() -> None:
    for state in (State.LOST, State.CLOSED):
        silent = transport(0.0, 0.01)
        silent.state = state
        assert measure(silent).level == "lost"


@pytest.mark.parametrize(
    ("measured", "level", "once_poor"),
    [
        (Measurement(), "good", "good"),
        (Measurement(loss_up=POOR_LOSS + 0.01), "poor", "poor"),
        (Measurement(loss_down=POOR_LOSS + 0.01), "poor", "poor"),
        (Measurement(loss_up=GOOD_LOSS + 0.01, loss_down=GOOD_LOSS), "good", "poor"),
        (Measurement(jitter=POOR_JITTER + 0.01), "poor", "poor"),
        (Measurement(jitter=GOOD_JITTER + 0.01), "good", "poor"),
        (Measurement(jitter=GOOD_JITTER), "good", "good"),
        (Measurement(round_trip=POOR_ROUND_TRIP + 0.1), "poor", "poor"),
        (Measurement(starved=True), "poor", "poor"),
        (Measurement(lost=True, loss_up=1.0), "lost", "lost"),
    ],
)
def test_the_worst_of_both_directions_counts(
    measured: Measurement, level: QualityLevel, once_poor: QualityLevel
) -> None:
    assert (judge(measured), judge(measured, "poor")) == (level, once_poor)


def test_a_viewer_whose_pictures_are_paused_for_lack_of_bandwidth_is_starved() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    slot.publication, slot.height = rig.camera, 360
    assert not examine(client.transport).starved
    slot.limit = 0
    assert examine(client.transport).starved
    slot.height = 0
    assert not examine(client.transport).starved


def test_the_jitter_of_sound_is_measured_and_that_of_pictures_left_alone() -> None:
    for payload_type, mid, rate in ((111, AUDIO, 48_000), (96, CAMERA, 90_000)):
        rig = Rig()
        for number in range(200):
            rig.now += 0.02 + (0.12 if number % 2 else -0.02)
            extension = {1: mid.encode(), 2: b"q"} if mid == CAMERA else {1: mid.encode()}
            rig.publish(payload_type, number, number * rate // 50, 77, b"x" * 40, extension)
        receiver = rig.publisher.transport.receiver
        receiver.reports(rig.now)
        assert (receiver.jitter > POOR_JITTER) == (mid == AUDIO)
