"""Codecs chosen by what everyone in a room can decode."""

import pytest

from signaling.client import Client
from signaling.rooms.codec_choice import CodecChoice
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
