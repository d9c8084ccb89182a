"""Codecs chosen by what everyone in a room can decode, and the layers in which browsers send them."""

import pytest

from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.slot import Slot
from signaling.client import Client
from signaling.client.media import Frame, Media, Track
from signaling.client.transport import MediaTransport
from signaling.rooms.codec_choice import CodecChoice
from tests import times
from tests.browser.conftest import Meeting
from tests.browser.people import SMALL, Person, until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def received_codecs(person: Person) -> set[str]:
    """Of the video that is arriving."""
    stats = await person.stats()
    codecs = {entry["id"]: entry["mimeType"] for entry in stats if entry["type"] == "codec"}
    return {
        str(codecs[entry["codecId"]])
        for entry in stats
        if entry["type"] == "inbound-rtp" and entry["kind"] == "video" and entry.get("framesPerSecond", 0) > 0
    }


async def receives_only(person: Person, codec: str) -> None:
    async def so() -> bool:
        return await received_codecs(person) == {f"video/{codec}"}

    await until(so)


def slot_of(meeting: Meeting, viewer: str, source: str) -> Slot:
    """The slot in which a viewer sees somebody's camera or screen."""
    member = next(each for each in meeting.room.participants.values() if each.name == viewer)
    found = meeting.server.local_plane.find(meeting.room.id, member.id)
    assert found is not None
    slots = found.transport.sender.slots.values()
    return next(slot for slot in slots if slot.publication is not None and slot.publication.source == source)


@pytest.mark.parametrize("codec", ["AV1", "VP9", "H264"])
async def test_the_codec_changes_when_someone_joins_who_can_t_decode_it_and_back(meeting: Meeting, codec: str) -> None:
    meeting.camera = SMALL
    meeting.room.codecs = CodecChoice((codec, "VP8"))
    ada, ben = await meeting.bring("Ada", "Ben")
    await ben.keeps_seeing(ada)
    await receives_only(ben, codec)

    class OnlyVp8(Client):
        codecs = ("VP8",)

    async with OnlyVp8(meeting.base, room=meeting.room.code, name="Bot"):
        await receives_only(ben, "VP8")
        await receives_only(ada, "VP8")
        await ben.keeps_seeing(ada)
    await receives_only(ben, codec)
    await ben.keeps_seeing(ada)


@pytest.mark.alone
@pytest.mark.parametrize("codec", [*(pytest.param(each, marks=pytest.mark.long) for each in ("AV1", "VP9")), "H264"])
async def test_a_camera_is_sent_in_several_sizes_with_three_temporal_layers_in_every_codec(
    meeting: Meeting, codec: str
) -> None:
    meeting.room.codecs = CodecChoice((codec, "VP8"))
    ada, ben = await meeting.bring("Ada", "Ben")
    await receives_only(ben, codec)
    slot = slot_of(meeting, "Ben", "camera")

    async def has_both() -> bool:
        sent = slot.publication.encodings.values() if slot.publication is not None else ()
        layered = [each for each in sent if {layers.temporal for layers in each.rates.bitrates() or ()} == {0, 1, 2}]
        picture = await ben.picture(ada)
        return len(layered) >= 2 and picture is not None and picture.height >= 360

    await until(has_both, 40)


def layers_of(slot: Slot) -> set[Layers]:
    """The layers in which the slot's publication is being sent."""
    sent = slot.publication.encodings.values() if slot.publication is not None else ()
    return {layers for encoding in sent for layers in encoding.rates.bitrates() or ()}


_FOLLOW = """(name) => {
  const shares = ({ dataset }) => dataset.participant === name && dataset.source === "screen";
  const video = [...document.querySelectorAll("video")].find(shares);
  let last = performance.now();
  window.longestGap = 0;
  const shown = (now) => {
    window.longestGap = Math.max(window.longestGap, now - last);
    last = now;
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
}"""


async def longest_gap(person: Person) -> float:
    """The longest time between two frames since the last call, seconds; `_FOLLOW` measures it."""
    gap: float = await person.page.evaluate("() => [window.longestGap, (window.longestGap = 0)][0] / 1000")
    return gap


_SCALE = """async (mode) => {
  const { sender } = window.milanio.call.peer.transceivers.screen;
  // Chromium encodes detailed pictures without spatial layers, if need be in VP8.
  sender.track.contentHint = "motion";
  const parameters = sender.getParameters();
  parameters.encodings[0].scalabilityMode = mode;
  await sender.setParameters(parameters);
}"""


@pytest.mark.alone
@pytest.mark.parametrize(
    ("codec", "mode"),
    [
        ("VP9", "L3T3_KEY"),
        pytest.param("VP9", "L1T3", marks=pytest.mark.long),
        pytest.param("AV1", "L3T3_KEY", marks=pytest.mark.long),
        pytest.param("AV1", "L2T3", marks=pytest.mark.long),
        pytest.param("H264", "L1T3", marks=pytest.mark.long),
    ],
)
async def test_two_viewers_of_a_scalable_stream_decode_different_layers(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch, codec: str, mode: str
) -> None:
    meeting.camera = SMALL
    meeting.room.codecs = CodecChoice((codec, "VP8"))
    chosen: dict[Slot, Layers] = {}
    allotted = Slot.set_layers

    def set_layers(slot: Slot) -> None:
        if slot in chosen:
            slot.forwarder.set_layers(chosen[slot])
        else:
            allotted(slot)

    monkeypatch.setattr(Slot, "set_layers", set_layers)
    ada, ben, cleo = await meeting.bring("Ada", "Ben", "Cleo")
    await ada.press("Share screen")
    for viewer in (ben, cleo):
        await viewer.sees(ada, "screen")
    await ada.page.evaluate(_SCALE, mode)
    narrow, wide = slot_of(meeting, "Ben", "screen"), slot_of(meeting, "Cleo", "screen")
    top = int(mode[1]) - 1

    async def is_scaled() -> bool:
        return layers_of(wide) == {Layers(s, t) for s in range(top + 1) for t in range(3)}

    chosen[wide] = ALL_LAYERS
    set_layers(wide)
    await until(is_scaled, 40)
    for viewer in (ben, cleo):
        await viewer.page.evaluate(_FOLLOW, ada.name)
    gaps: list[tuple[float, float]] = []
    for layers in (Layers(0, 7), Layers(0, 0), Layers(min(1, top), 1), ALL_LAYERS):
        chosen[narrow] = layers
        set_layers(narrow)
        scale = 1 << max(0, top - layers.spatial)

        async def shows(scale: int = scale, layers: Layers = layers) -> bool:
            # The sender may make all layers smaller or larger at any time.
            small, large = [await viewer.picture(ada, "screen") for viewer in (ben, cleo)]
            if small is None or large is None:
                return False
            return narrow.forwarder.layers == layers and abs(small.height * scale - large.height) < scale

        await until(shows)
        await ben.keeps_seeing(ada, source="screen")
        gaps.append((await longest_gap(ben), await longest_gap(cleo)))
    assert max(max(gaps)) < times.seconds(1.0)
    await receives_only(cleo, codec)


class OnlyVp9(Client):
    """Somebody who sends VP9, which pages don't offer unless the operator wants it."""

    codecs = ("VP9",)

    @property
    def transport(self) -> MediaTransport:
        assert self._transport is not None
        return self._transport


class Vp9:
    """Pictures that nobody can decode: every second begins with a keyframe."""

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        frames = [Frame((bytes((0x4C if number else 0x0C,)) + b"x",), 9000, not number) for number in range(10)]
        return Media(None, (Track("VP9", tuple(frames), width=320, height=180),))


async def test_someone_who_can_t_decode_a_camera_is_told_and_asks_for_no_keyframe(meeting: Meeting) -> None:
    meeting.camera = SMALL
    bot = OnlyVp9(meeting.base, room=meeting.room.code, name="Bot")
    async with bot:
        await bot.publish(Vp9())
        (ada,) = await meeting.bring("Ada")
        await ada.page.get_by_text("Your browser can't play this video's format.").wait_for()
        (player,) = bot.players

        async def is_not_wanted() -> bool:
            return not bot.transport.is_wanted(player.stream.mid, player.stream.rid)

        await until(is_not_wanted)
        assert player.stream.packets > 0
        assert player.stream.keyframe_requests == 0
