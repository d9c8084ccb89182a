import pytest

from sfu import codecs
from sfu.codecs import av1, h264, red, vp8
from sfu.codecs.red import RedError
from sfu.codecs.vp8 import Vp8Error
from sfu.wire.packet import Packet


@pytest.mark.parametrize(
    ("payload", "picture", "tl0", "temporal", "size"),
    [
        ("1000", None, None, None, 1),
        ("90800500", 5, None, None, 3),
        ("9080ffff00", 0x7FFF, None, None, 4),
        ("904007" + "00", None, 7, None, 3),
        ("90e08001098000", 1, 9, 2, 6),
        ("9010" + "1f00", None, None, None, 3),
        ("9020" + "6000", None, None, 1, 3),
        ("90f0" + "81230a7f" + "00", 0x123, 0x0A, 1, 6),
    ],
)
def test_vp8_descriptors_are_read(
    payload: str, picture: int | None, tl0: int | None, temporal: int | None, size: int
) -> None:
    found = vp8.parse(bytes.fromhex(payload))
    assert (found.picture_id, found.tl0_index, found.temporal_id, found.size) == (picture, tl0, temporal, size)
    assert found.start_of_frame


@pytest.mark.parametrize(
    "payload", ["", "10", "90", "9080", "908080", "90c080", "90c08001", "90e0800109", "90e080010920"]
)
def test_vp8_cut_short_is_refused(payload: str) -> None:
    with pytest.raises(Vp8Error):
        vp8.parse(bytes.fromhex(payload))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [("1000", True), ("1001", False), ("0000", False), ("1100", False), ("1700", False), ("90800502", True)],
)
def test_a_vp8_keyframe_begins_in_partition_0_with_a_0_bit(payload: str, expected: bool) -> None:
    data = bytes.fromhex(payload)
    assert vp8.is_keyframe(data, vp8.parse(data)) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("", False),
        ("67", True),
        ("6742001e", True),
        ("65", False),
        ("41", False),
        ("78" + "0002" + "6742" + "0002" + "6588", True),
        ("78" + "0002" + "6842" + "0002" + "6742", True),
        ("78" + "0002" + "6588", False),
        ("78" + "ffff" + "41", False),
        ("79" + "0000" + "0002" + "6742", True),
        ("7c85", False),
        ("7c87", False),
        ("78", False),
        ("7800", False),
    ],
)
def test_an_h264_keyframe_begins_with_parameter_sets(payload: str, expected: bool) -> None:
    assert h264.is_keyframe(bytes.fromhex(payload)) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("", False),
        ("08", True),
        ("88", True),
        ("48", False),
        ("00", False),
        ("a805" + "00", True),
        ("a88005" + "00", True),
        ("a805" + "02", False),
        ("28" + "01", True),
        ("28", False),
        ("a8", False),
        ("a880", False),
        ("a805", False),
    ],
)
def test_a_vp9_keyframe_is_not_predicted_and_on_the_lowest_spatial_layer(payload: str, expected: bool) -> None:
    one = packet(bytes.fromhex(payload))
    codecs.annotate["VP9"](one)
    assert one.keyframe is expected


@pytest.mark.parametrize(
    ("payload", "expected"), [("", False), ("08", True), ("18", True), ("10", False), ("f7", False)]
)
def test_an_av1_keyframe_has_the_n_bit(payload: str, expected: bool) -> None:
    assert av1.is_keyframe(bytes.fromhex(payload)) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("6f" + "aabb", (111, b"\xaa\xbb")),
        ("6f", (111, b"")),
        ("ef" + "0a0002" + "6f" + "1122" + "aabb", (111, b"\xaa\xbb")),
        ("ef" + "0a0001" + "ef" + "0a0001" + "6f" + "1122" + "aa", (111, b"\xaa")),
    ],
)
def test_the_newest_block_of_red_is_the_last(payload: str, expected: tuple[int, bytes]) -> None:
    assert red.primary(bytes.fromhex(payload)) == expected


@pytest.mark.parametrize("payload", ["", "ef", "ef0a00", "ef0a0002", "ef0a00026f11", "ef0a03ff6f" + "11" * 100])
def test_red_cut_short_is_refused(payload: str) -> None:
    with pytest.raises(RedError):
        red.primary(bytes.fromhex(payload))


def packet(payload: bytes) -> Packet:
    return Packet(96, 0, 1, 2, payload, 0.0, {})


def test_a_vp8_packet_is_annotated_with_where_its_numbers_are() -> None:
    one = packet(bytes.fromhex("90e08102030000"))
    codecs.annotate["VP8"](one)
    assert one.keyframe
    assert one.picture == (2, 0x102, 4, 3)


def test_a_7_bit_picture_id_is_not_rewritten() -> None:
    one = packet(bytes.fromhex("90c0050300"))
    codecs.annotate["VP8"](one)
    assert one.picture == (0, 0, 3, 3)
    other = packet(bytes.fromhex("90800500"))
    codecs.annotate["VP8"](other)
    assert other.picture is None


@pytest.mark.parametrize("name", sorted(codecs.annotate))
def test_what_can_t_be_read_is_no_keyframe(name: str) -> None:
    one = packet(b"")
    codecs.annotate[name](one)
    assert not one.keyframe
    assert one.picture is None


def test_an_aggregation_packet_of_tiny_units_is_looked_at_only_at_its_beginning() -> None:
    assert h264.is_keyframe(b"\x18" + b"\x00\x01\x01" * 7 + b"\x00\x01\x07")
    assert not h264.is_keyframe(b"\x18" + b"\x00\x01\x01" * 8 + b"\x00\x01\x07")
    assert not h264.is_keyframe(b"\x18" + b"\x00\x00" * 700)


def test_red_of_more_blocks_than_anyone_sends_is_refused() -> None:
    assert red.primary(b"\xef\x00\x00\x00" * red.MAX_BLOCKS + b"\x6fabc") == (111, b"abc")
    with pytest.raises(red.RedError):
        red.primary(b"\xef\x00\x00\x00" * (red.MAX_BLOCKS + 1) + b"\x6fabc")
