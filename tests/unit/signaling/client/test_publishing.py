"""What a program publishes, source by source: what it asks of the server, and what it plays in which section."""

import asyncio
from typing import Any

import pytest

from sfu.wire.rtcp import KeyframeRequest
from signaling import messages
from signaling.client.errors import ClientError
from signaling.client.media import Frame, Media, Track
from signaling.client.publishing import Publishing
from signaling.client.transport import MediaTransport

pytestmark = pytest.mark.asyncio

SOUND = Track("opus", tuple(Frame((b"\xf8%d" % number,), 48_000) for number in range(4)))
SIZES = tuple(
    Track("VP8", tuple(Frame((b"x",), 90_000, number == 0) for number in range(4)), width=2 * height, height=height)
    for height in (90, 180, 360)
)
CAMERA = Media(SOUND, SIZES[-1:])
SCREEN = Media(SOUND, (Track("VP8", SIZES[0].frames, width=1280, height=720),))


class Program:
    """Publishes in a media connection that sends nothing, to a server that takes all but what `refused` says."""

    def __init__(self, *, simulcast: bool = False) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.refused = ""
        self.transport = MediaTransport(lambda _: None)
        self.publishing = Publishing(self._request, lambda: self.transport, simulcast=simulcast)

    async def _request(self, kind: type[messages.Request], **fields: Any) -> None:
        source = fields["source"]
        if source == self.refused:
            raise ClientError("connection_lost", "For the test.")
        if kind is messages.Publish:
            kind(id=1, **fields)
            rids = tuple((each.rid, each.height) for each in fields.get("encodings", ()))
            self.asked.append((source, fields["mid"], fields["muted"], rids))
        else:
            self.asked.append((kind.__name__.lower(), source))

    async def show(self, *, screen: bool = True) -> None:
        await self.publishing.publish(CAMERA, "camera", "microphone")
        if screen:
            await self.publishing.publish(SCREEN, "screen", "screen_audio")

    @property
    def playing(self) -> list[tuple[str, int]]:
        """Codec and height of everything that is played."""
        return [(player.stream.codec, player.track.height) for player in self.transport.players]


async def test_each_source_has_a_section_of_its_own() -> None:
    program = Program()
    await program.show()
    assert program.asked == [
        ("camera", "1", False, (("", 360),)),
        ("microphone", "0", False, ()),
        ("screen", "2", False, (("", 720),)),
        ("screen_audio", "3", False, ()),
    ]
    assert program.playing == [("VP8", 360), ("opus", 0), ("VP8", 720), ("opus", 0)]


async def test_one_ends_and_the_others_go_on() -> None:
    program = Program()
    await program.show()
    await program.publishing.unpublish("camera")
    assert program.asked[-1] == ("unpublish", "camera")
    assert program.playing == [("opus", 0), ("VP8", 720), ("opus", 0)]
    await program.publishing.unpublish("screen_audio")
    assert program.playing == [("opus", 0), ("VP8", 720)]
    program.transport, program.asked = MediaTransport(lambda _: None), []
    await program.publishing.publish_again()
    assert [asked[0] for asked in program.asked] == ["microphone", "screen"]


async def test_a_source_that_is_published_again_replaces_itself_alone() -> None:
    program = Program()
    await program.show()
    await program.publishing.publish(Media(None, SIZES[:1]), "camera", "microphone")
    assert program.playing == [("opus", 0), ("VP8", 720), ("opus", 0), ("VP8", 90)]
    program.transport, program.asked = MediaTransport(lambda _: None), []
    await program.publishing.publish_again()
    assert [asked[0] for asked in program.asked] == ["microphone", "screen", "screen_audio", "camera"]
    assert program.playing == [("opus", 0), ("VP8", 720), ("opus", 0), ("VP8", 90)]


async def test_only_the_camera_is_sent_in_several_sizes() -> None:
    program = Program(simulcast=True)
    assert [program.publishing.takes_sizes(source) for source in ("camera", "screen")] == [True, False]
    await program.publishing.publish(Media(SOUND, SIZES), "camera", "microphone")
    await program.publishing.publish(SCREEN, "screen", "screen_audio")
    sizes = {source: rids for source, _, _, rids in program.asked}
    assert sizes["camera"] == (("q", 90), ("h", 180), ("f", 360))
    assert sizes["screen"] == (("", 720),)
    assert len(program.transport.players) == 6


async def test_what_is_muted_is_muted_again_unless_it_was_withdrawn() -> None:
    program = Program()
    await program.show(screen=False)
    for source in ("camera", "microphone"):
        program.publishing.note_muted(source, muted=True)
    program.publishing.note_muted("camera", muted=False)
    program.asked.clear()
    await program.publishing.publish_again()
    assert [(source, muted) for source, _, muted, _ in program.asked] == [("camera", False), ("microphone", True)]
    await program.publishing.unpublish("microphone")
    await program.publishing.publish(Media(SOUND, ()), "camera", "microphone")
    assert program.asked[-1] == ("microphone", "0", False, ())


async def test_what_fails_when_it_is_published_again_is_tried_whole_the_next_time() -> None:
    program = Program()
    await program.show()
    program.transport, program.refused = MediaTransport(lambda _: None), "screen_audio"
    with pytest.raises(ClientError):
        await program.publishing.publish_again()
    assert program.playing == [("VP8", 360), ("opus", 0)]
    program.refused = ""
    await program.publishing.publish_again()
    assert program.playing == [("VP8", 360), ("opus", 0), ("VP8", 720), ("opus", 0)]


async def test_what_is_published_while_all_is_published_again_is_there_once() -> None:
    program = Program()
    await program.show(screen=False)
    program.transport = MediaTransport(lambda _: None)
    await asyncio.gather(
        program.publishing.publish_again(), program.publishing.publish(SCREEN, "screen", "screen_audio")
    )
    assert program.playing == [("VP8", 360), ("opus", 0), ("VP8", 720), ("opus", 0)]


async def test_a_keyframe_moves_its_own_sound_alone() -> None:
    program = Program()
    await program.show()
    camera, microphone, screen, screen_audio = program.transport.players
    for player in program.transport.players:
        player.poll(player.origin)
        player.poll(player.origin + 1.0)
    program.transport._on_rtcp(KeyframeRequest(1, screen.stream.ssrc), screen.origin + 1.5)
    assert screen.stream.keyframe_requests == 1
    assert [player.position for player in (camera, microphone)] == [2.0, 2.0]
    assert [player.position for player in (screen, screen_audio)] == [1.0, 1.0]
