from sfu.quality import GOOD_LOSS, GOOD_ROUND_TRIP, POOR_LOSS, POOR_ROUND_TRIP, ConnectionQuality, measure
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.transport import State, Transport

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
