import pytest

from sfu.codecs import Codec
from sfu.sections import ReceiveSection, SendSection
from sfu.wire.rtp import Mid
from signaling.rooms.codec_choice import CodecChoice

H264_HIGH = Codec("H264", 108, 90_000, None, "packetization-mode=1;profile-level-id=64001f")
CODECS = {
    "VP8": Codec("VP8", 96, 90_000),
    "VP9": Codec("VP9", 98, 90_000),
    "AV1": Codec("AV1", 45, 90_000),
    "H264": Codec("H264", 102, 90_000, None, "packetization-mode=1;profile-level-id=42e01f"),
}


def sends(*codecs: Codec) -> list[SendSection]:
    return [SendSection(Mid("1"), "video", {codec.payload_type: codec for codec in codecs})]


def receives(*codecs: Codec) -> list[ReceiveSection]:
    return [ReceiveSection(Mid("v0"), "video", {codec.name: codec for codec in codecs}, {})]


def browser(*names: str) -> tuple[list[SendSection], list[ReceiveSection]]:
    codecs = [CODECS[name] for name in names]
    return sends(*codecs), receives(*codecs)


@pytest.mark.parametrize(
    ("people", "send"),
    [
        ([], ("AV1", "VP8", "H264")),
        ([("AV1", "VP8", "H264")], ("AV1", "VP8", "H264")),
        ([("VP8", "H264", "AV1"), ("AV1", "VP8", "H264")], ("AV1", "VP8", "H264")),
        ([("AV1", "VP8", "H264"), ("VP8", "H264")], ("VP8", "H264")),
        ([("AV1", "VP8", "H264"), ("H264",)], ("H264",)),
        ([("VP8",), ("VP8",), ("H264",)], ("VP8",)),
        ([("VP9",), ("VP9",)], ("AV1", "VP8", "H264")),
    ],
)
def test_what_everyone_can_decode_is_sent_in_the_operator_s_order(
    people: list[tuple[str, ...]], send: tuple[str, ...]
) -> None:
    choice = CodecChoice(("AV1", "VP8", "H264"))
    for number, names in enumerate(people):
        choice.update(str(number), *browser(*names))
    assert choice.send == send


def test_a_change_is_told_once_and_undone_when_the_one_who_can_t_has_left() -> None:
    choice = CodecChoice(("AV1", "VP8"))
    assert not choice.update("a", *browser("AV1", "VP8"))
    assert not choice.update("b", *browser("AV1", "VP8"))
    assert choice.update("c", *browser("VP8"))
    assert list(choice.send) == ["VP8"]
    assert not choice.update("d", *browser("VP8"))
    assert not choice.remove("d")
    assert choice.remove("c")
    assert list(choice.send) == ["AV1", "VP8"]


def test_a_codec_is_out_if_someone_sends_it_in_a_profile_that_others_can_t_decode() -> None:
    choice = CodecChoice(("H264", "VP8"))
    choice.update("a", *browser("H264", "VP8"))
    assert list(choice.send) == ["H264", "VP8"]
    assert choice.update("b", sends(H264_HIGH, CODECS["VP8"]), receives(H264_HIGH, CODECS["VP8"]))
    assert list(choice.send) == ["VP8"]


def test_people_who_receive_no_video_leave_the_choice_to_others() -> None:
    choice = CodecChoice(("AV1", "VP8"))
    choice.update("a", *browser("AV1", "VP8"))
    assert not choice.update("phone", [], [ReceiveSection(Mid("a0"), "audio", {}, {})])
    assert not choice.update("bot", sends(CODECS["VP8"]), [])
    assert list(choice.send) == ["AV1", "VP8"]
