"""Programs in a real room: real server, real sockets."""

import asyncio
import math
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import av
import pytest

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions, MediaError, MediaFile, Pattern, Slot, create_room
from signaling.client import offer as client_sdp
from signaling.client.pattern import COLOURS
from tests import times
from tests.integration.clips import make_clip
from tests.integration.conftest import until
from web.app import Server

SMALL = Pattern(width=320, height=180, fps=15, colour=0)
WATCHING = ClientOptions(audio_slots=2, video_slots=3, watch_height=360)
SENDING = ClientOptions(audio_slots=0, video_slots=0)


@asynccontextmanager
async def room(url: str, *people: tuple[str, ClientOptions]) -> AsyncIterator[list[Client]]:
    """Clients in a new room, who leave it in the end."""
    code = await create_room(url, "Test")
    clients = [Client(url, code, name, options) for name, options in people]
    try:
        for client in clients:
            await client.join()
        yield clients
    finally:
        for client in clients:
            await client.leave()


def carrying(client: Client, publication: str) -> Slot | None:
    """The slot in which a client gets packets of a publication."""
    found = (slot for slot in client.slots.values() if slot.publication == publication and slot.stats.packets)
    return next(found, None)


def packets(client: Client, publication: str) -> int:
    slot = carrying(client, publication)
    return 0 if slot is None else slot.stats.packets


@pytest.mark.asyncio
async def test_two_hear_and_see_each_other(any_plane_url: str) -> None:
    async with room(any_plane_url, ("Ada", WATCHING), ("Bo", WATCHING)) as (ada, bo):
        for client in (ada, bo):
            published = await client.publish(SMALL)
            assert [each.source for each in published] == ["camera", "microphone"]
        for me, other in ((ada, bo), (bo, ada)):
            for source, enough in (("camera", 40), ("microphone", 60)):
                await until(lambda: packets(me, f"{other.you.id}.{source}") >= enough)  # noqa: B023
            video, audio = (carrying(me, f"{other.you.id}.{source}") for source in ("camera", "microphone"))
            assert video is not None
            assert audio is not None
            assert video.stats.keyframes >= 1
            assert 0 < video.stats.frames <= video.stats.packets
            assert audio.stats.frames == audio.stats.packets
            assert video.stats.lost == audio.stats.lost == 0
            assert video.stats.first_packet_at is not None
            assert video.stats.longest_gap < 5
            assert me.participants[other.you.id].name == other.name
            assert me.participants[other.you.id].connection == "connected"
        await until(lambda: all(player.stream.packets for player in ada.players))


@pytest.mark.asyncio
async def test_three_get_each_others_media(any_plane_url: str) -> None:
    async with room(any_plane_url, *((name, WATCHING) for name in ("Ada", "Bo", "Cy"))) as clients:
        for client in clients:
            await client.publish(SMALL)
        for client in clients:
            for other in clients:
                if other is not client:
                    await until(lambda: packets(client, f"{other.you.id}.camera") > 20)  # noqa: B023
                    await until(lambda: packets(client, f"{other.you.id}.microphone") > 20)  # noqa: B023
        assert all(len(client.participants) == 2 and len(client.publications) == 6 for client in clients)
        gone = clients[2].you.id
        await clients[2].leave()
        await until(lambda: all(gone not in client.participants for client in clients[:2]))
        assert all(len(client.publications) == 4 for client in clients[:2])


@pytest.mark.asyncio
async def test_height_wish_chooses_the_layer(any_plane_url: str) -> None:
    sender_options = ClientOptions(audio_slots=0, video_slots=0, simulcast=True)
    async with room(any_plane_url, ("Ada", sender_options), ("Bo", ClientOptions())) as (ada, bo):
        (camera,) = await ada.publish(Pattern(width=640, height=360, fps=15, audio=False))
        assert camera.height == 360
        await until(lambda: camera.id in bo.publications)
        slot = await bo.watch(camera.id, height=90)
        for height, rid in ((90, "q"), (360, "f"), (180, "h"), (90, "q")):
            await bo.watch(camera.id, height=height)
            keyframes = slot.stats.keyframes
            await until(lambda: slot.layer == rid and not slot.paused)  # noqa: B023
            received = slot.stats.packets
            await until(lambda: slot.stats.packets > received + 5)  # noqa: B023
            assert slot.stats.keyframes >= keyframes
        assert slot.stats.lost == 0
        await bo.watch(camera.id, height=0)
        await until(lambda: slot.why == "hidden")
        await bo.watch(None, slot=slot.mid)
        await until(lambda: slot.publication is None)


@pytest.mark.asyncio
async def test_keyframe_request_brings_a_keyframe(any_plane_url: str) -> None:
    async with room(any_plane_url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        (camera,) = await ada.publish(Pattern(width=320, height=180, fps=15, audio=False))
        await until(lambda: packets(bo, camera.id) > 5)
        slot = carrying(bo, camera.id)
        assert slot is not None
        requests = ada.players[0].stream.keyframe_requests
        keyframes = slot.stats.keyframes
        bo.request_keyframe(slot.mid)
        await until(lambda: ada.players[0].stream.keyframe_requests > requests and slot.stats.keyframes > keyframes)


@pytest.mark.asyncio
async def test_a_client_that_lacks_the_codec_is_told_and_asks_for_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room(url, ("Ada", SENDING)) as (ada,):
        (camera,) = await ada.publish(Pattern(width=320, height=180, fps=15, audio=False))
        whole = client_sdp.build_offer
        monkeypatch.setattr("signaling.client.client.build_offer", lambda *a, **k: _without_vp8(whole(*a, **k)))
        async with Client(url, ada.room.code, "Bo", WATCHING) as bo:
            monkeypatch.undo()
            await until(lambda: any(slot.why == "codec" for slot in bo.slots.values()))
            (slot,) = [slot for slot in bo.slots.values() if slot.publication == camera.id]
            assert (slot.why, slot.paused, slot.layer) == ("codec", True, None)
            requests = [player.stream.keyframe_requests for player in ada.players]
            await asyncio.sleep(2.0)  # nothing happens
            assert [player.stream.keyframe_requests for player in ada.players] == requests
            assert slot.stats.packets == 0


def _without_vp8(offer: str) -> str:
    lines = [line.replace(" 96 97 ", " ") if line.startswith("m=video") else line for line in offer.split("\r\n")]
    return "\r\n".join(line for line in lines if not line.startswith(("a=rtpmap:9", "a=fmtp:9")) or ":98" in line)


@pytest.mark.asyncio
async def test_lost_packets_are_sent_again(url: str) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        (camera,) = await ada.publish(Pattern(width=640, height=360, fps=30, audio=False))
        await until(lambda: packets(bo, camera.id) > 20)
        slot = carrying(bo, camera.id)
        assert slot is not None
        transport = bo._transport
        assert transport is not None
        receive, seen = transport.endpoint.on_rtp, 0
        assert receive is not None

        def lossy(packet: bytes, now: float) -> None:
            nonlocal seen
            seen += 1
            if seen % 10:
                receive(packet, now)

        transport.endpoint.on_rtp = lossy
        await until(lambda: slot.stats.recovered >= 5)
        transport.endpoint.on_rtp = receive
        assert slot.stats.nacked >= slot.stats.recovered


@pytest.mark.asyncio
async def test_mute_and_unpublish(any_plane_url: str) -> None:
    async with room(any_plane_url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        camera, microphone = await ada.publish(SMALL)
        await until(lambda: packets(bo, camera.id) and packets(bo, microphone.id))
        await ada.mute("microphone")
        await until(lambda: bo.publications[microphone.id].muted)
        await ada.mute("microphone", muted=False)
        await until(lambda: not bo.publications[microphone.id].muted)
        await ada.unpublish("camera")
        await until(lambda: camera.id not in bo.publications)
        assert [player.stream.codec for player in ada.players] == ["opus"]


@pytest.mark.asyncio
async def test_chat_to_all_and_to_one(url: str) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", SENDING), ("Cy", SENDING)) as (ada, bo, cy):
        await until(lambda: len(ada.participants) == 2)
        await ada.chat("all")
        await ada.chat("secret", to=bo.you.id)
        await ada.chat("end")
        for client, expected in ((bo, ["all", "secret", "end"]), (cy, ["all", "end"])):
            await until(lambda: [each.text for each in client.chat_messages][-1:] == ["end"])  # noqa: B023
            assert [each.text for each in client.chat_messages] == expected
        with pytest.raises(ClientError) as caught:
            await ada.chat("hello?", to="nobody")
        assert caught.value.code == "not_found"
        with pytest.raises(ClientError) as caught:
            await ada.chat("")
        assert caught.value.code == "bad_message"


@pytest.mark.asyncio
async def test_events_are_read_until_the_end(url: str) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", SENDING)) as (ada, bo):
        events = ada.events()
        await bo.chat("hello")
        async with asyncio.timeout(times.seconds(10)):
            async for event in events:
                if isinstance(event, messages.ChatAdded):
                    assert event.message.text == "hello"
                    break
        await ada.leave()
        async with asyncio.timeout(times.seconds(10)):
            rest = [event async for event in ada.events()]
        assert rest == []


def abort_connection(client: Client) -> None:
    """Cut the TCP connection of the WebSocket, as a network does that goes away."""
    signaling = client._signaling
    assert signaling is not None
    assert signaling._socket is not None
    connection = signaling._socket._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.abort()


@pytest.mark.asyncio
async def test_resume_loses_no_event_and_no_media(url: str, server: Server) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        camera, _ = await ada.publish(SMALL)
        await until(lambda: packets(bo, camera.id) > 5)
        slot = carrying(bo, camera.id)
        assert slot is not None
        said = 0
        for time in range(3):
            before = slot.stats.packets
            transport = bo._transport
            abort_connection(bo)
            for _ in range(5):
                await ada.chat(str(said))
                said += 1
            await bo.chat(f"back {time}")  # waits for the connection
            await until(lambda: bo.resume_count == time + 1)  # noqa: B023
            await until(lambda: slot.stats.packets > before + 5)  # noqa: B023
            assert bo._transport is transport
        await until(lambda: len(bo.chat_messages) == said + 3)
        numbers = [each.text for each in bo.chat_messages if each.sender == ada.you.id]
        assert numbers == [str(number) for number in range(said)]
        assert slot.stats.lost == 0
        assert len(server.media.relay.transports) == 2


@pytest.mark.asyncio
async def test_a_lost_media_connection_is_made_anew(url: str, server: Server) -> None:
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        camera, _ = await ada.publish(SMALL)
        await until(lambda: packets(bo, camera.id) > 5)
        for transport in server.media.relay.transports:
            server.media.relay.remove(transport, "for the test")
        server.media.wake()
        first = bo._transport
        await until(lambda: bo._transport is not first and packets(bo, camera.id) > 5)


def mean(plane: "av.video.plane.VideoPlane", width: int, height: int) -> float:
    rows = memoryview(bytes(plane))
    return sum(sum(rows[start : start + width]) for start in range(0, height * plane.line_size, plane.line_size)) / (
        width * height
    )


def check_pictures(path: Path, colour: tuple[int, int, int], least: int, size: tuple[int, int]) -> None:
    """They can be decoded, from the first to the last, and have the colour."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= least
    assert (frames[0].width, frames[0].height) == size
    times = [frame.time for frame in frames]
    assert times == sorted(times)
    for frame in (frames[0], frames[-1]):
        _, u, v = frame.planes
        assert mean(u, size[0] // 2, size[1] // 2) == pytest.approx(colour[1], abs=8)
        assert mean(v, size[0] // 2, size[1] // 2) == pytest.approx(colour[2], abs=8)


def check_sound(path: Path, least: float) -> None:
    """It lasts at least so many seconds, and isn't silence."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    assert sum(frame.samples / frame.sample_rate for frame in frames) >= least
    middle = frames[len(frames) // 2]
    values = memoryview(bytes(middle.planes[0])).cast("f" if middle.format.name.startswith("flt") else "h")
    scale = 1 if middle.format.name.startswith("flt") else 32768
    assert math.sqrt(sum((value / scale) ** 2 for value in values) / len(values)) > 0.02


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["call.mkv", "call.webm"])
async def test_recording_can_be_played(url: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        recorder = bo.record(path)
        await ada.publish(SMALL)
        await until(lambda: recorder.frames["video"] >= 25 and recorder.frames["audio"] >= 75)
        bo.stop_recording(recorder)
        assert recorder.failure is None
    check_pictures(path, COLOURS[0], 25, (320, 180))
    check_sound(path, 1.4)


@pytest.mark.asyncio
async def test_recording_of_sound_alone(url: str, tmp_path: Path) -> None:
    path = tmp_path / "sound.webm"
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        recorder = bo.record(path, slots=["a0"])
        await ada.publish(Pattern(video=False))
        await until(lambda: recorder.frames["audio"] >= 50)
    check_sound(path, 0.95)  # decoders leave out the first 6.5 ms


@pytest.mark.asyncio
async def test_recording_where_nothing_comes_leaves_no_file(url: str, tmp_path: Path) -> None:
    async with room(url, ("Bo", WATCHING)) as (bo,):
        bo.record(tmp_path / "call.mkv")
        with pytest.raises(MediaError):
            bo.record(tmp_path / "call.txt")
        with pytest.raises(MediaError):
            bo.record(tmp_path / "none" / "call.mkv")
    assert list(tmp_path.glob("call*")) == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "video", "audio", "codec"),
    [
        ("clip.webm", "libvpx", "libopus", "VP8"),
        ("clip.mp4", "libx264", "aac", "H264"),
        ("clip.mkv", "mpeg4", "pcm_s16le", "VP8"),
    ],
)
async def test_file_is_published_in_a_loop(
    url: str, tmp_path: Path, name: str, video: str, audio: str, codec: str
) -> None:
    make_clip(tmp_path / name, video, audio)
    path = tmp_path / "recorded.mkv"
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        recorder = bo.record(path)
        published = await ada.publish(MediaFile(tmp_path / name))
        assert [(each.source, each.width) for each in published] == [("camera", 160), ("microphone", None)]
        assert ada.players[0].stream.codec == codec
        await until(lambda: recorder.frames["video"] >= 50 and recorder.frames["audio"] >= 125)
        assert recorder.failure is None
    check_pictures(path, COLOURS[1], 50, (160, 120))
    check_sound(path, 2.4)


@pytest.mark.asyncio
async def test_what_cannot_be_had_is_said_in_a_sentence(url: str, tmp_path: Path) -> None:
    for code, address, room_code in (
        ("room_not_found", url, "aaaaa-bbbbb-ccccc"),
        ("unreachable", "http://127.0.0.1:1", "x"),
        ("unreachable", "ftp://x", "x"),
        ("room_not_found", url, ""),
    ):
        with pytest.raises(ClientError) as caught:
            async with Client(address, room_code):
                raise AssertionError("came in")
        assert caught.value.code == code
        assert str(caught.value).endswith(".")
    async with room(url, ("Ada", SENDING)) as (ada,):
        with pytest.raises(MediaError):
            await ada.publish(MediaFile(tmp_path / "nothing.webm"))
        with pytest.raises(ClientError) as caught:
            await ada.watch("nothing")
        assert caught.value.code == "too_many"
        await ada.publish(SMALL)
        with pytest.raises(ClientError) as caught:
            await ada.unpublish("screen")
        assert caught.value.code == "bad_state"
        ada_again = ada.participants
        assert ada_again == {}
    with pytest.raises(ClientError):
        await ada.chat("gone")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.asyncio
async def test_leaving_lets_go_of_everything(url: str, server: Server) -> None:
    async with room(url, ("Ada", WATCHING)) as (ada,):
        await ada.publish(SMALL)  # what a process does once is done
    await until(lambda: not server.media.relay.transports)
    tasks: Callable[[], int] = lambda: len(asyncio.all_tasks())  # noqa: E731
    before_tasks, before_descriptors = tasks(), descriptors()
    for _ in range(5):
        async with room(url, ("Ada", WATCHING), ("Bo", WATCHING)) as (ada, bo):
            camera, _ = await ada.publish(SMALL)
            await until(lambda: packets(bo, camera.id))  # noqa: B023
    await until(lambda: tasks() <= before_tasks and descriptors() <= before_descriptors)
    assert not server.media.relay.transports


@pytest.mark.asyncio
async def test_the_server_stops(url: str, server: Server) -> None:
    async with room(url, ("Ada", replace(SENDING, rejoin=0))) as (ada,):
        events = ada.events()
        await server.stop()
        async with asyncio.timeout(times.seconds(10)):
            last = [event async for event in events][-1]
        assert last == ada.bye == messages.Bye(why="server_stopping")


async def start(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web.cli",
        "join",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.asyncio
async def test_command_publishes_and_records(url: str, tmp_path: Path) -> None:
    code = await create_room(url)
    path = tmp_path / "call.mkv"
    sender = await start(url, "--room", code, "--name", "Film", "--publish", "pattern")
    receiver = None
    try:
        async with Client(url, code, "Ada", WATCHING) as ada:
            await until(lambda: len(ada.publications) == 2)
            receiver = await start(url, "--room", code, "--record", str(path), "--seconds", "2.5")
            output, problems = await asyncio.wait_for(receiver.communicate(), times.seconds(30))
            assert (receiver.returncode, problems) == (0, b"")
            assert b"recorded" in output
            assert [each.name for each in ada.participants.values()] == ["Film"]
            sender.send_signal(signal.SIGINT)
            output, problems = await asyncio.wait_for(sender.communicate(), times.seconds(30))
            assert (sender.returncode, problems) == (0, b"")
            assert b"publishing pattern as camera and microphone" in output
            await until(lambda: not ada.participants)
    finally:
        for process in (sender, receiver):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
    check_pictures(path, COLOURS[Pattern().colour_for("Film")], 20, (640, 360))
    check_sound(path, 1.0)


@pytest.mark.asyncio
@pytest.mark.parametrize("address", ["https://meet.example", "abcde-fghjk-mnpqr"])
async def test_command_says_that_the_room_is_missing(address: str) -> None:
    process = await start(address)
    output, problems = await asyncio.wait_for(process.communicate(), times.seconds(30))
    assert (process.returncode, output) == (2, b"")
    assert problems.decode() == (
        f"milanio: No room given: {address} is not a room's link. Give that, or the room's code with --room.\n"
    )


@pytest.mark.asyncio
async def test_a_room_is_joined_by_its_link(url: str) -> None:
    code = await create_room(url)
    for client in (
        Client(f"<{url}/r/{code.upper()}>.", options=SENDING),
        Client(url, f"{url}/r/{code}.", "b", SENDING),
    ):
        async with client:
            assert (client.url, client.code) == (url, code)


@pytest.mark.asyncio
async def test_what_is_recorded_of_the_silent_has_no_empty_stream(url: str, tmp_path: Path) -> None:
    path = tmp_path / "silent.mkv"
    async with room(url, ("Ada", SENDING), ("Bo", WATCHING)) as (ada, bo):
        await ada.publish(SMALL)
        await ada.unpublish("microphone")
        recorder = bo.record(path)
        await until(lambda: recorder.frames["video"] >= 10)
        assert recorder.frames["audio"] == 0
    assert recorder.failure is None
    with av.open(str(path)) as recorded:
        assert not recorded.streams.audio
        assert sum(1 for _ in recorded.decode(video=0)) >= 10
    assert list(tmp_path.glob("*silent*")) + list(tmp_path.glob(".silent*")) == [path]


@pytest.mark.asyncio
async def test_command_says_in_one_line_what_is_wrong(url: str, tmp_path: Path) -> None:
    code = await create_room(url)
    broken = tmp_path / "broken.webm"
    broken.write_bytes(b"no film")
    for words, expected in (
        (("http://127.0.0.1:1", "--room", code), "can't be reached"),
        ((url, "--room", "aaaaa-bbbbb-ccccc"), "This room doesn't exist"),
        ((url, "--room", code, "--publish", str(broken)), "can't be read"),
        ((url, "--room", code, "--record", str(tmp_path / "no" / "x.mkv"), "--seconds", "1"), "can't be written"),
        # Found out before it looks for the server, let alone joins.
        (("http://127.0.0.1:1", "--room", code, "--record", str(tmp_path / "no" / "x.mkv")), "can't be written"),
    ):
        process = await start(*words)
        _, problems = await asyncio.wait_for(process.communicate(), times.seconds(30))
        lines = problems.decode().splitlines()
        assert process.returncode == 2
        assert len(lines) == 1
        assert lines[0].startswith("milanio: ")
        assert expected in lines[0]
