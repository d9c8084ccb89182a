import time

import pytest

from signaling import sdp
from signaling.sdp import MAX_BYTES, MAX_SECTIONS, SdpError
from tests import times
from tests.unit.signaling.offers import COMMON, FINGERPRINT, FULL, audio, offer, video


def test_an_offer_of_a_browser_is_read() -> None:
    session = sdp.parse(FULL)
    assert session.bundle == ["0", "1", "2", "3", "4", "5"]
    assert session.extmap_allow_mixed
    first, camera, screen, *_ = session.media
    assert (first.kind, first.mid, first.direction, first.rtcp_mux) == ("audio", "0", "sendonly", True)
    assert (first.ice_ufrag, first.setup, first.fingerprints) == ("abcd", "actpass", [("sha-256", FINGERPRINT)])
    opus = first.formats[111]
    assert (opus.name, opus.clock_rate, opus.channels, opus.feedback) == ("opus", 48_000, "2", ["transport-cc"])
    assert (opus.parameter("minptime"), opus.parameter("useinbandfec"), opus.parameter("x")) == ("10", "1", None)
    assert camera.rids == ["q", "h", "f"]
    assert camera.extensions[4] == "urn:ietf:params:rtp-hdrext:sdes:mid"
    assert list(screen.ssrcs) == [100, 200]
    assert screen.rtx_pairs == [(100, 200)]


def test_attributes_of_the_session_hold_for_sections_without_their_own() -> None:
    text = f"v=0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:active\r\na=fingerprint:SHA-256 {FINGERPRINT.lower()}\r\n"
    session = sdp.parse(text + "a=recvonly\r\nm=audio 9 X 111\r\nm=video 9 X 96\r\na=ice-ufrag:own\r\na=sendonly\r\n")
    first, second = session.media
    assert (first.ice_ufrag, first.direction, first.setup) == ("u", "recvonly", "active")
    assert first.fingerprints == [("sha-256", FINGERPRINT)]
    assert (second.ice_ufrag, second.ice_password, second.direction) == ("own", "p", "sendonly")


def test_lines_may_end_without_carriage_returns() -> None:
    assert sdp.parse(FULL.replace("\r\n", "\n")) == sdp.parse(FULL)


def test_feedback_for_all_formats_holds_for_each() -> None:
    session = sdp.parse("v=0\nm=video 9 X 96 97\na=rtcp-fb:* nack\na=rtcp-fb:97 ccm fir\n")
    assert [each.feedback for each in session.media[0].formats.values()] == [["nack"], ["nack", "ccm fir"]]


@pytest.mark.parametrize(
    "line",
    [
        "m=audio",
        "m=audio x UDP 1",
        "m=audio 9 UDP opus",
        "m=audio 9 UDP 128",
        "m=audio 9 UDP -1",
        "a=extmap:x y",
        "a=extmap:1",
        "a=rid:q",
        "a=fingerprint:sha-256",
        "a=rtpmap:x opus/48000",
        "a=rtpmap:111 opus",
        "a=rtpmap:111 opus/fast",
        "a=ssrc:",
        "a=ssrc:4294967296 x",
        "a=ssrc:-1 x",
        "a=ssrc-group:FID 1",
        "a=ssrc:" + "9" * 5000 + " x",
    ],
)
def test_a_line_that_can_t_be_read_is_named(line: str) -> None:
    with pytest.raises(SdpError, match="can't be read"):
        sdp.parse(f"v=0\nm=audio 9 UDP 111\n{line}\n")


@pytest.mark.parametrize("text", ["", "v=1", "m=audio 9 UDP 1", "\n", "\x00", "v=0 x\n"])
def test_what_does_not_begin_as_a_description_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        sdp.parse(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_four_hundred_sections_are_not_read_whatever_ends_a_line(end: str) -> None:
    text = "v=0\n" + f"{end}m=audio 9 UDP 111" * 400
    try:
        assert len(sdp.parse(text).media) <= 1
    except SdpError:
        pass


@pytest.mark.parametrize(
    "text",
    [
        "v=0\n" + "x" * MAX_BYTES,
        "v=0" + "\nm=audio 9 UDP 1" * (MAX_SECTIONS + 1),
        "v=0" + "\na=x" * 10_000,
        "v=0\nm=audio 9 UDP 1" + "\na=candidate:1" * 10_000,
    ],
)
def test_too_much_is_refused(text: str) -> None:
    with pytest.raises(SdpError, match=r"too (large|many)"):
        sdp.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "v=0\nm=video 9 X " + " ".join(map(str, range(15_000))) + "\na=rtcp-fb:* n" * 7900,
        "v=0\nm=video 9 X " + " ".join(map(str, range(128))) + "\na=rtcp-fb:* n" * 7900,
        "v=0\na=group:BUNDLE " + "a " * 90_000 + "\nm=video 9 X 1" * 128,
        "v=0\na=group:BUNDLE " + " ".join(map(str, range(30_000))) + "\nm=video 9 X 1\na=mid:x" * 128,
        "v=0\nm=video 9 X 1\n" + "\n".join(f"a=ssrc:{number} x" for number in range(7900)),
        "v=0\n" + "a=fingerprint:a b\n" * 7800 + "m=video 9 X 1\n" * 128,
        "v=0\nm=video 9 X 1 2\na=fmtp:1 " + "a=b;" * 45_000,
    ],
    ids=["payload types", "wildcards", "bundle", "bundle of many", "ssrcs", "fingerprints", "parameters"],
)
def test_no_description_takes_long_to_read(text: str) -> None:
    from signaling import negotiation

    start = time.process_time()
    try:
        negotiation.plan(sdp.parse(text))
    except (SdpError, negotiation.OfferError):
        pass
    assert time.process_time() - start < times.cpu_seconds(0.25)


def test_an_odd_offer_is_read_without_what_is_not_known() -> None:
    text = offer(audio("0"), video("1")) + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + COMMON
    session = sdp.parse(text + "a=mid:2\r\nb=AS:100\r\nz\r\n=\r\na=\r\na=:\r\n")
    assert [media.kind for media in session.media] == ["audio", "video", "application"]
    assert session.media[2].formats == {}
