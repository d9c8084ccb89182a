import pytest

from signaling.sdp import description as sdp
from signaling.sdp import negotiation
from signaling.sdp.description import MAX_BYTES, MAX_LINES, MAX_PARAMETERS, MAX_SECTIONS, SdpError
from signaling.sdp.negotiation import OfferError
from tests import cpu_cost
from tests.unit.signaling.hostile_offers import HOSTILE
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
    text = "v=0\nm=video 9 X 96 97\na=rtcp-fb:* nack\na=rtcp-fb:97 ccm fir\na=rtpmap:96 VP8/90000\n"
    formats = sdp.parse(text).media[0].formats
    assert {number: each.feedback for number, each in formats.items()} == {96: ["nack"], 97: ["ccm fir", "nack"]}


def test_formats_come_in_the_order_of_the_media_line_and_only_those_that_it_names() -> None:
    text = "v=0\nm=video 9 X 96 98 97 99\na=fmtp:97 x=1\na=rtpmap:5 VP9/90000\n"
    text += "a=rtpmap:98 H264/90000\na=rtpmap:96 VP8/90000\n"
    assert list(sdp.parse(text).media[0].formats) == [96, 98, 97]


@pytest.mark.parametrize(
    ("parameters", "apt"),
    [
        ("apt=96", "96"),
        ("rtx-time=3000; apt=97", "97"),
        ("apt=98;rtx-time=3000", "98"),
        ("xapt=96", None),
        ("apt", None),
        ("apt=", ""),
        ("", None),
        ("apt=96;apt=97", "96"),
    ],
)
def test_a_parameter_is_found_wherever_it_stands(parameters: str, apt: str | None) -> None:
    assert sdp.Format(97, parameters=parameters).parameter("apt") == apt


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


@pytest.mark.parametrize("name", HOSTILE)
def test_no_description_takes_long_to_read(name: str) -> None:
    def read() -> None:
        try:
            negotiation.plan(sdp.parse(HOSTILE[name]))
        except (SdpError, OfferError):
            pass

    assert cpu_cost.microseconds(read) < cpu_cost.limit(10_000)


def test_an_fmtp_line_longer_than_any_codec_needs_is_refused() -> None:
    text = "v=0\nm=video 9 X 96\na=fmtp:96 "
    assert len(sdp.parse(text + "x" * MAX_PARAMETERS).media[0].formats[96].parameters) == MAX_PARAMETERS
    with pytest.raises(SdpError, match="can't be read"):
        sdp.parse(text + "x" * (MAX_PARAMETERS + 1))


def test_what_a_section_keeps_is_bounded_by_the_lines_of_the_text() -> None:
    for text in HOSTILE.values():
        try:
            session = sdp.parse(text)
        except SdpError:
            continue
        for media in session.media:
            assert len(media.fingerprints) <= 16
            assert len(media.candidates) <= 256
            assert len(media.formats) <= 128
            assert all(len(each.feedback) <= 64 for each in media.formats.values())
            assert sum(len(each.feedback) for each in media.formats.values()) <= MAX_LINES + 32 * len(media.formats)


def test_an_odd_offer_is_read_without_what_is_not_known() -> None:
    text = offer(audio("0"), video("1")) + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + COMMON
    session = sdp.parse(text + "a=mid:2\r\nb=AS:100\r\nz\r\n=\r\na=\r\na=:\r\n")
    assert [media.kind for media in session.media] == ["audio", "video", "application"]
    assert session.media[2].formats == {}
