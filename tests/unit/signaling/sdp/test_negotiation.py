import re

import pytest

from sfu.local_plane import answer_of
from sfu.plane import Candidate
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.transport import Transport
from sfu.wire import extensions
from sfu.wire.rtp import Mid
from signaling.client.offer import read_answer
from signaling.sdp import description as sdp
from signaling.sdp import negotiation
from signaling.sdp.negotiation import MAX_SLOTS, OfferError, Plan
from tests.unit.signaling.offers import COMMON, FINGERPRINT, FULL, SIMULCAST, audio, offer, video

CERTIFICATE = Certificate()


def plan(text: str) -> Plan:
    return negotiation.plan(sdp.parse(text))


def answer(text: str) -> str:
    relay = Relay(CERTIFICATE)
    made = plan(text)
    transport = relay.add(made.remote, made.fingerprint, 0.0)
    transport.negotiate(made.sends, made.receives, made.extension_ids)
    return build_answer(made, transport, "192.0.2.1", "2001:db8::1")


UDP, TCP = Candidate("udp", 3478), Candidate("tcp", 443)


def build_answer(made: Plan, transport: Transport, *hosts: str, candidates: tuple[Candidate, ...] = (UDP,)) -> str:
    return negotiation.build_answer(made, answer_of(transport, CERTIFICATE.fingerprint, candidates), hosts)


def test_an_offer_is_understood() -> None:
    made = plan(FULL)
    assert [section.use for section in made.sections] == ["send", "send", "send", "receive", "receive", "idle"]
    assert made.idle == {"5"}
    microphone, camera, screen = made.sends
    assert sorted(microphone.codecs) == [63, 111]
    assert list(camera.codecs) == [96, 102]
    assert camera.codecs[96].rtx_payload_type == 97
    assert camera.codecs[102].rtx_payload_type is None
    assert camera.rids == ("q", "h", "f")
    assert screen.ssrcs == ((100, 200),)
    assert [(slot.mid, slot.kind) for slot in made.receives] == [("3", "audio"), ("4", "video")]
    assert set(made.extension_ids) == {1, 3, 4, 10, 15}
    assert (made.remote.ufrag, made.fingerprint.value) == ("abcd", FINGERPRINT)


def test_the_answer_can_be_read_and_mirrors_the_offer() -> None:
    text = answer(FULL)
    session = sdp.parse(text)
    assert [media.mid for media in session.media] == ["0", "1", "2", "3", "4", "5"]
    assert session.bundle == ["0", "1", "2", "3", "4", "5"]
    assert session.extmap_allow_mixed
    assert [media.direction for media in session.media] == ["recvonly"] * 3 + ["sendonly"] * 2 + ["inactive"]
    assert [media.port for media in session.media] == [9] * 6
    assert {media.setup for media in session.media} == {"passive"}
    assert text.startswith("v=0\r\n")
    assert "a=ice-lite\r\n" in text
    assert "a=simulcast:recv q;h;f\r\n" in text
    assert text.count("a=candidate:") == 2 * 6  # both addresses in each section
    assert "urn:unknown" not in text
    feedback = ["transport-cc", "ccm fir", "nack", "nack pli"]
    assert session.media[1].formats[96].feedback == feedback
    assert session.media[4].formats[96].feedback == [*feedback, "goog-remb"]  # only where the client receives


def test_tcp_comes_after_all_of_udp_and_only_in_the_first_section() -> None:
    made = plan(FULL)
    transport = Relay(CERTIFICATE).add(made.remote, made.fingerprint, 0.0)
    transport.negotiate(list(made.sends), list(made.receives), made.extension_ids, made.idle)
    text = build_answer(made, transport, "192.0.2.1", "2001:db8::1", candidates=(UDP, TCP))
    first, *others = [section.candidates for section in sdp.parse(text).media]
    assert [each.split()[2:3] + each.split()[4:] for each in first] == [
        ["udp", "192.0.2.1", "3478", "typ", "host"],
        ["udp", "2001:db8::1", "3478", "typ", "host"],
        ["tcp", "192.0.2.1", "443", "typ", "host", "tcptype", "passive"],
        ["tcp", "2001:db8::1", "443", "typ", "host", "tcptype", "passive"],
    ]
    priorities = [int(each.split()[3]) for each in first]
    assert priorities == sorted(set(priorities), reverse=True)
    assert len({each.split()[0] for each in first}) == 4
    assert others == [first[:2]] * 5
    answer = read_answer(text)
    assert answer.addresses == [("192.0.2.1", 3478), ("2001:db8::1", 3478)]
    assert answer.stream_addresses == [("192.0.2.1", 443), ("2001:db8::1", 443)]


def test_a_slot_is_announced_under_its_ssrcs() -> None:
    session = sdp.parse(answer(FULL))
    sound, picture = session.media[3:5]
    assert (len(sound.ssrcs), sound.rtx_pairs) == (1, [])
    assert picture.rtx_pairs == [tuple(picture.ssrcs)]


def h264_formats(direction: str, *profiles: str) -> str:
    lines = "".join(
        f"a=rtpmap:{number} H264/90000\r\na=fmtp:{number} packetization-mode=1;profile-level-id={profile}\r\n"
        for number, profile in enumerate(profiles, 110)
    )
    numbers = " ".join(str(number) for number in range(110, 110 + len(profiles)))
    return video("0", direction, lines).replace("96 97 102 103 104", numbers)


@pytest.mark.parametrize(
    ("direction", "profiles", "accepted"),
    [
        ("sendonly", ("64001f", "42001f", "42e01f"), "42001f"),
        ("sendonly", ("f4001f", "64001f", "4d001f"), "4d001f"),
        ("sendonly", ("f4001f",), "f4001f"),
        ("recvonly", ("42001f", "42e01f", "4d001f", "64001f", "f4001f"), "64001f"),
        ("recvonly", ("42e01f", "42001f"), "42e01f"),
        ("recvonly", ("f4001f", "42e01f"), "42e01f"),
    ],
)
def test_of_several_h264_profiles_the_one_that_goes_with_most_is_taken(
    direction: str, profiles: tuple[str, ...], accepted: str
) -> None:
    (section,) = sdp.parse(answer(offer(h264_formats(direction, *profiles)))).media
    (taken,) = section.formats.values()
    assert taken.parameter("profile-level-id") == accepted


@pytest.mark.parametrize(
    ("direction", "formats", "accepted"),
    [
        ("sendonly", ("packetization-mode=0", "packetization-mode=1"), ["packetization-mode=1"]),
        ("recvonly", ("packetization-mode=0", "packetization-mode=1"), ["packetization-mode=1"]),
        ("recvonly", ("profile-level-id=640034", "packetization-mode=1"), ["packetization-mode=1"]),
        ("sendonly", ("packetization-mode=2", "packetization-mode=0"), ["packetization-mode=0"]),
        ("sendonly", ("packetization-mode=2",), []),
        (
            "sendonly",
            ("packetization-mode=1;profile-level-id=640034",),
            ["packetization-mode=1;profile-level-id=64001f"],
        ),
        (
            "recvonly",
            ("packetization-mode=1;profile-level-id=640034",),
            ["packetization-mode=1;profile-level-id=640034"],
        ),
    ],
)
def test_h264_is_taken_in_the_packetization_mode_and_at_the_level_that_go_with_most(
    direction: str, formats: tuple[str, ...], accepted: list[str]
) -> None:
    lines = "a=rtpmap:96 VP8/90000\r\n" + "".join(
        f"a=rtpmap:{number} H264/90000\r\na=fmtp:{number} {parameters}\r\n"
        for number, parameters in enumerate(formats, 110)
    )
    numbers = " ".join(["96", *(str(number) for number in range(110, 110 + len(formats)))])
    text = answer(offer(video("0", direction, lines).replace("96 97 102 103 104", numbers)))
    (section,) = sdp.parse(text).media
    assert [found.parameters for found in section.formats.values() if found.name == "H264"] == accepted


def test_of_several_vp9_or_av1_profiles_the_one_that_goes_with_most_is_taken() -> None:
    formats = (
        "a=rtpmap:110 AV1/90000\r\na=fmtp:110 level-idx=13;profile=1;tier=1\r\na=rtpmap:112 VP9/90000\r\n"
        "a=fmtp:112 profile-id=2\r\n"
    )
    sections = [video(mid, way, formats) for mid, way in (("0", "sendonly"), ("1", "recvonly"))]
    found = plan(offer(*(section.replace("96 97 102 103 104", "110 112") for section in sections)))
    sent = found.sends[0].codecs
    assert [codec.parameters for codec in sent.values()] == ["level-idx=5;profile=1;tier=0", "profile-id=2"]
    taken = found.receives[0].codecs
    assert taken["AV1"].parameters == "level-idx=13;profile=1;tier=1"
    assert taken["VP9"].parameters == "profile-id=2"


def test_variants_that_browsers_do_not_all_decode_are_not_preferred() -> None:
    formats = (
        "a=rtpmap:110 AV1/90000\r\na=fmtp:110 profile=1\r\na=rtpmap:111 AV1/90000\r\na=fmtp:111 profile=0\r\n"
        "a=rtpmap:112 VP9/90000\r\na=fmtp:112 profile-id=2\r\na=rtpmap:113 VP9/90000\r\n"
    )
    text = offer(video("0", extra=formats).replace("96 97 102 103 104", "110 111 112 113"))
    assert list(plan(text).sends[0].codecs) == [111, 113]


def names(text: str) -> list[str]:
    return re.findall(r"a=msid:(\S+) ", text)


def test_sound_and_picture_slots_share_names_in_pairs_for_as_long_as_they_are_there() -> None:
    relay = Relay(CERTIFICATE)
    sections = [audio("a0", "recvonly"), video("v0", "recvonly"), audio("a1", "recvonly"), video("v1", "recvonly")]
    first = plan(offer(*sections, video("v2", "recvonly")))
    transport = relay.add(first.remote, first.fingerprint, 0.0)

    def answered(text: str) -> list[str]:
        made = negotiate(transport, text)
        return names(build_answer(made, transport, "192.0.2.1"))

    assert answered(offer(*sections, video("v2", "recvonly"))) == ["pair-0", "pair-0", "pair-1", "pair-1", "pair-2"]
    more = offer(*sections, video("v2", "recvonly"), audio("a2", "recvonly"), video("v3", "recvonly"))
    assert answered(more) == ["pair-0", "pair-0", "pair-1", "pair-1", "pair-2", "pair-2", "pair-3"]
    fewer = offer(*sections[2:], video("v4", "recvonly"))
    assert answered(fewer) == ["pair-1", "pair-1", "pair-0"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("v=0\r\n", "no media section"),
        (offer(audio("0"), bundle="x"), "bundle"),
        (offer(audio("0"), audio("0")), "mid of its own"),
        (offer(audio("0")).replace("a=mid:0\r\n", "a=mid:\r\n"), "bundle"),
        (offer(audio("x" * 17)), "1 to 16"),
        (offer(audio("é")), "1 to 16"),
        (offer(audio("0")).replace("a=rtcp-mux\r\n", ""), "multiplex"),
        (offer(audio("0")).replace("111 63 0", "0 8"), "no codec"),
        (offer(audio("0")).replace("111 63 0", "63"), "no codec"),
        (offer(video("0")).replace("96 97 102 103 104", "104"), "no codec"),
        (offer(audio("0")).replace("a=ice-pwd:" + "p" * 24, "a=ice-pwd:short"), "ICE"),
        (offer(audio("0")).replace("a=ice-ufrag:abcd\r\n", ""), "ICE"),
        (offer(audio("0")).replace("actpass", "passive"), "passive"),
        (offer(audio("0")).replace("sha-256", "sha-1"), "fingerprint"),
        (offer(*(audio(str(mid), "recvonly") for mid in range(MAX_SLOTS + 1))), "more than"),
    ],
)
def test_an_offer_that_can_t_be_served_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(OfferError, match=reason):
        plan(text)


def test_a_section_that_changes_its_use_is_refused() -> None:
    relay = Relay(CERTIFICATE)
    first, second = plan(offer(audio("0"))), plan(offer(audio("0", "recvonly")))
    transport = relay.add(first.remote, first.fingerprint, 0.0)
    transport.negotiate(first.sends, first.receives, first.extension_ids)
    with pytest.raises(ValueError, match="another use"):
        transport.negotiate(second.sends, second.receives, second.extension_ids)
    with pytest.raises(ValueError, match="another use"):
        changed = plan(offer(video("0")))
        transport.negotiate(changed.sends, changed.receives, changed.extension_ids)


def negotiate(transport: Transport, text: str) -> Plan:
    made = plan(text)
    transport.negotiate(made.sends, made.receives, made.extension_ids, made.idle)
    return made


def test_sections_that_an_offer_lacks_or_stops_have_ended() -> None:
    relay = Relay(CERTIFICATE)
    first = plan(offer(audio("0")))
    transport = relay.add(first.remote, first.fingerprint, 0.0)
    for start in range(0, 1000, 50):
        negotiate(transport, offer(*(audio(str(mid), "recvonly") for mid in range(start, start + 50))))
        assert list(transport.sender.slots) == [str(mid) for mid in range(start, start + 50)]
    negotiate(transport, offer(audio("x"), video("y"), video("z", "recvonly")))
    stopped = video("y").replace("m=video 9", "m=video 0")
    negotiate(transport, offer(audio("x"), stopped, video("z", "recvonly"), bundle="x z"))
    assert list(transport.receiver.publications) == ["x"]
    # The line may be used again, under another mid, for anything.
    negotiate(transport, offer(audio("x"), video("w", "recvonly"), video("z", "recvonly")))
    assert list(transport.sender.slots) == ["z", "w"]


def test_an_inactive_section_can_be_used_again() -> None:
    relay = Relay(CERTIFICATE)
    first = plan(offer(audio("0"), video("1"), video("2", "recvonly")))
    transport = relay.add(first.remote, first.fingerprint, 0.0)
    transport.negotiate(first.sends, first.receives, first.extension_ids, first.idle)
    publication, slot = transport.receiver.publications[Mid("1")], transport.sender.slots[Mid("2")]
    for direction, answered in (("inactive", "inactive"), ("sendrecv", "recvonly"), ("inactive", "inactive")):
        text = offer(
            audio("0"), video("1", direction), video("2", "inactive" if direction == "inactive" else "recvonly")
        )
        made = negotiate(transport, text)
        session = sdp.parse(build_answer(made, transport, "192.0.2.1"))
        assert [media.port for media in session.media] == [9, 9, 9]
        assert session.media[1].direction == answered
        assert session.bundle == ["0", "1", "2"]
        assert transport.receiver.publications[Mid("1")] is publication
        assert transport.sender.slots[Mid("2")] is slot
        assert publication.active == slot.active == (direction != "inactive")


def test_an_inactive_section_that_nothing_could_be_done_with_is_refused() -> None:
    text = offer(audio("0"), video("1", "inactive").replace("96 97 102 103 104", "104"))
    assert [section.use for section in plan(text).sections] == ["send", None]


def test_streams_that_are_not_sent_at_first_are_told_apart() -> None:
    made = plan(offer(video("1", extra=SIMULCAST.replace("send q;h;f", "send q;~h,~f"))))
    assert made.sends[0].rids == ("q", "h", "f")
    assert made.sends[0].paused == {"h", "f"}


def test_large_extension_ids_are_answered_and_placeholders_get_valid_ids() -> None:
    large = offer(audio("0"), video("1")).replace("a=extmap:4 urn", "a=extmap:255 urn")
    assert [255 in media.extensions for media in sdp.parse(answer(large)).media] == [True, True]
    asking = offer(audio("0"), video("1"), video("2", "recvonly"))
    asking = asking.replace("a=extmap:4 urn", "a=extmap:4096 urn").replace("a=extmap:3 http", "a=extmap:4351 http")
    for media in sdp.parse(answer(asking)).media:
        assert {number: uri for number, uri in media.extensions.items() if number in (2, 3, 4)} == {
            2: extensions.TRANSPORT_WIDE,
            4: extensions.MID,
        } or set(media.extensions) <= set(range(1, 16))
        assert {extensions.MID, extensions.TRANSPORT_WIDE} <= set(media.extensions.values())
    (sound, picture) = plan(asking).sends
    assert sound.kind != picture.kind
    assert len(plan(asking).extension_ids) == len(set(plan(asking).extension_ids.values()))


def test_a_second_offer_with_more_slots_keeps_the_first_ones() -> None:
    relay = Relay(CERTIFICATE)
    first, second = (
        plan(offer(audio("0"), video("1", "recvonly"))),
        plan(offer(audio("0"), video("1", "recvonly"), video("2", "recvonly"))),
    )
    transport = relay.add(first.remote, first.fingerprint, 0.0)
    transport.negotiate(first.sends, first.receives, first.extension_ids)
    slot = transport.sender.slots[Mid("1")]
    transport.negotiate(second.sends, second.receives, second.extension_ids)
    assert transport.sender.slots[Mid("1")] is slot
    assert list(transport.sender.slots) == ["1", "2"]


def test_addresses_of_the_client_are_never_used() -> None:
    text = FULL + "a=candidate:1 1 udp 1 127.0.0.1 22 typ host\r\n" * 100
    assert not re.search(r"127\.0\.0\.1 22", answer(text))


def test_data_channels_are_refused_and_the_rest_is_served() -> None:
    text = (
        offer(audio("0"), bundle="0 1")
        + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        + COMMON
        + "a=mid:1\r\n"
    )
    session = sdp.parse(answer(text))
    assert [(media.kind, media.port) for media in session.media] == [("audio", 9), ("application", 0)]
    assert session.bundle == ["0"]
