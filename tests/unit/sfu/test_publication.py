import pytest

from sfu.codecs import Codec
from sfu.ingress import Ingress
from sfu.publication import ALIVE, MISSED, Encoding, Publication
from sfu.sections import SendSection
from sfu.speakers import SILENT
from sfu.wire.packet import Packet
from sfu.wire.rtp import Mid, Rid, Ssrc
from tests.sim.peer import OPUS, RIDS, VP8

H264_BASELINE = Codec("H264", 102, 90_000, None, "profile-level-id=42e01f")
H264_HIGH = Codec("H264", 103, 90_000, None, "profile-level-id=64001f")


def camera(*rids: str, kinds: tuple[Rid, ...] = RIDS) -> Publication:
    publication = Publication(SendSection(Mid("1"), "video", {96: VP8}, kinds), Ingress())
    for number, rid in enumerate(rids):
        publication.encodings[Rid(rid)] = Encoding(publication, Rid(rid), Ssrc(number + 10), VP8, 0.0)
    return publication


def chosen(publication: Publication, height: int, now: float = 0.0) -> str | None:
    encoding = publication.choose(height, now)
    return None if encoding is None else encoding.rid


@pytest.mark.parametrize(
    ("height", "rid"), [(0, "q"), (1, "q"), (240, "q"), (241, "h"), (480, "h"), (481, "f"), (720, "f"), (5000, "f")]
)
def test_the_smallest_encoding_that_fills_three_quarters_is_chosen(height: int, rid: str) -> None:
    assert chosen(camera("f", "q", "h"), height) == rid


def test_announced_heights_count_before_guesses() -> None:
    publication = camera("q", "h", "f")
    publication.heights = {Rid("q"): 720, Rid("h"): 90, Rid("f"): 300}
    assert [chosen(publication, height) for height in (50, 300, 700)] == ["h", "f", "q"]


def test_only_encodings_that_are_being_sent_are_chosen() -> None:
    publication = camera("q", "h", "f")
    publication.encodings[Rid("q")].last_packet_at = 10.0
    assert chosen(publication, 720, 10.0 + ALIVE / 2) == "q"


def feed(publication: Publication, now: float, *rids: str) -> None:
    """Let encodings have a packet, and then compare them."""
    for rid in rids:
        encoding = publication.encodings[Rid(rid)]
        encoding.stats.received(0, 0, 1, now)
        encoding.last_packet_at = now
    publication.compare_encodings()


@pytest.mark.parametrize("interval", [0.1, 1.0, 1.1, 2.0, 5.0])
def test_an_encoding_that_is_rarely_sent_is_alive_while_the_others_are_sent_no_more_often(interval: float) -> None:
    publication = camera("q", "h", "f")
    for frame in range(1, 20):
        now = frame * interval
        for rid in ("q", "h", "f"):  # each is compared alone before the next has come
            assert chosen(publication, 720, now) == "f"
            feed(publication, now, rid)
        assert chosen(publication, 720, now + 0.9 * interval) == "f"


@pytest.mark.parametrize("interval", [0.25, 1.0, 2.0])
def test_an_encoding_that_the_others_go_on_without_is_not_chosen_until_it_comes_back(interval: float) -> None:
    publication = camera("q", "h", "f")
    now = 0.0
    for _ in range(max(MISSED, round(ALIVE / interval))):
        assert chosen(publication, 720, now) == "f"
        now += interval
        feed(publication, now, "q", "h")
    assert chosen(publication, 720, now) == "h"
    feed(publication, now, "q", "h", "f")
    assert chosen(publication, 720, now) == "f"


def picture(publication: Publication, now: float, *rids: str) -> None:
    """Let encodings have a whole picture of one packet each."""
    for rid in rids:
        encoding = publication.encodings[Rid(rid)]
        seq = 1 + (encoding.nack.highest if encoding.nack.highest is not None else 0)
        packet = Packet(96, 0x80, seq, round(now * 90_000), b"\x10\x00\x00", now, {})
        encoding.stats.received(packet.seq, packet.timestamp, 3, now)
        encoding.received(packet, now)


@pytest.mark.parametrize("source", ["camera", "screen"])
def test_a_camera_that_others_pass_by_some_pictures_is_gone_at_once_and_the_smallest_takes_over(source: str) -> None:
    publication = camera("q", "h", "f")
    publication.source = source
    current, now = publication.encodings[Rid("f")], 0.0
    for number in range(1, 31):
        now = number / 30
        picture(publication, now, "q", "h", "f")
        if number % 5 == 0:
            publication.compare_encodings()
    stopped = now
    assert publication.choose(720, now, current) is current
    while (found := publication.choose(720, now, current)) is current:
        now += 1 / 30
        picture(publication, now, "q", "h")
        if round(now * 30) % 5 == 0:
            publication.compare_encodings()
    assert found is not None
    if source == "camera":
        assert now - stopped < 0.4
        assert found.rid == "q"
        assert publication.choose(720, now, found) is publication.encodings[Rid("h")]
    else:
        assert now - stopped >= ALIVE  # screens are sent at other rates in each size


def test_nothing_is_chosen_of_an_inactive_section() -> None:
    publication = camera("q")
    publication.active = False
    assert chosen(publication, 720) is None
    assert publication.sent(0.0) == []


def test_when_all_are_silent_what_is_shown_stays() -> None:
    publication = camera("q", "h")
    current = publication.encodings[Rid("h")]
    assert publication.choose(720, 100.0, current) is current
    assert chosen(publication, 720, 100.0) == "q"
    assert publication.choose(720, 100.0, camera("h").encodings[Rid("h")]) is publication.encodings[Rid("q")]
    assert chosen(camera(), 720) is None


def test_a_camera_without_simulcast_counts_as_full_size() -> None:
    publication = camera("", kinds=())
    assert publication.height_of(publication.encodings[Rid("")]) == 720
    assert chosen(publication, 90) == ""


def test_encodings_that_the_viewer_can_not_decode_are_never_chosen() -> None:
    publication = camera("q", "h", "f")
    publication.encodings[Rid("f")].codec = Codec("AV1", 45, 90_000)
    publication.encodings[Rid("h")].codec = H264_HIGH
    current = publication.encodings[Rid("f")]
    for taken, rids in (
        ({"VP8": VP8}, {"q"}),
        ({"VP8": VP8, "H264": H264_HIGH}, {"q", "h"}),
        ({"H264": H264_BASELINE}, {None}),
    ):
        chosen = [publication.choose(height, now, current, taken) for height in (90, 720) for now in (0.0, 100.0)]
        assert {None if each is None else each.rid for each in chosen} == rids


def test_loudness_follows_levels_slowly_and_a_click_does_not_count() -> None:
    publication = Publication(SendSection(Mid("0"), "audio", {111: OPUS}), Ingress())
    publication.update_level(0)
    assert publication.loudness < SILENT / 2
    for _ in range(100):
        publication.update_level(30)
    assert publication.loudness == pytest.approx(97, abs=1)
    for _ in range(100):
        publication.update_level(127)
    assert publication.loudness < 1
