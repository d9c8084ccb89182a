"""`milanio join`: a program in a room, from the terminal."""

import asyncio
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from signaling.client import Client, ClientError, ClientOptions, MediaError, MediaFile, Pattern
from signaling.client.media import Media, Playable
from signaling.client.pattern import COLOURS
from signaling.client.record import Recorder, check_recordable

REPORT_SECONDS = 5.0
RECORD_HEIGHT = 2160
"""Pixels; recordings get the best quality there is."""

PATTERN = "pattern"
SCREEN = Pattern(width=1280, height=720, fps=10)
"""What `pattern` is on a shared screen."""


@dataclass(frozen=True, slots=True)
class JoinCommand:
    """The command's arguments; `seconds` None: stay until interrupted."""

    url: str
    room: str
    name: str
    publish: str | None = None
    screen: str | None = None
    record: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Media prepared before joining, so that a file that can't be read is found out first."""

    media: Media

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        """The media."""
        return self.media


async def run(command: JoinCommand) -> None:
    """Join, publish, record, and leave when it is time or on SIGINT or SIGTERM.

    Raises `ClientError` and `MediaError`.
    """
    work = asyncio.create_task(_stay(command))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        _say("left")  # `_stay` leaves the room whatever ends it


def _say(sentence: str) -> None:
    print(sentence, flush=True)


async def _stay(command: JoinCommand) -> None:
    if command.record is not None:
        check_recordable(Path(command.record))  # before anybody sees it come in
    slots = 0 if command.record is None else 1
    options = ClientOptions(audio_slots=slots, video_slots=slots, watch_height=RECORD_HEIGHT)
    recorder = None
    client = Client(command.url, command.room, command.name, options)
    if not client.code:
        raise ClientError(
            "room_not_found",
            f"No room given: {command.url} is not a room's link. Give that, or the room's code with --room.",
        )
    wanted = [(command.publish, Pattern(), False), (command.screen, _other_colour(command.name), True)]
    prepared = [
        (what, await _prepare(what, pattern, command.name), screen)
        for what, pattern, screen in wanted
        if what is not None
    ]
    async with client:
        _say(f"joined room {client.code} as {command.name}; {len(client.participants)} others are there")
        if command.record is not None:
            recorder = client.record(command.record)
            _say(f"recording to {command.record}")
        for what, media, screen in prepared:
            made = await client.publish(media, screen=screen)
            names = [each.source.replace("_", " ") for each in made]
            _say(f"publishing {what} as {' and '.join(names)}")
        await _report_until(client, recorder, command.seconds)
    if client.failure is not None:
        raise client.failure
    if recorder is not None:
        _conclude(recorder)


def _other_colour(name: str) -> Pattern:
    """A screen in another colour than the camera's picture."""
    return replace(SCREEN, colour=SCREEN.colour_for(name) + len(COLOURS) // 2)


async def _prepare(what: str, pattern: Pattern, name: str) -> Playable:
    source: Playable = pattern if what == PATTERN else MediaFile(what)
    return _Prepared(await asyncio.to_thread(source.prepare, name, simulcast=False))


async def _report_until(client: Client, recorder: Recorder | None, seconds: float | None) -> None:
    """Print a line every few seconds, until the time is over or the client is out of the room."""
    loop = asyncio.get_running_loop()
    until = float("inf") if seconds is None else loop.time() + seconds
    before = (0, 0)
    while (left := until - loop.time()) > 0:
        started = loop.time()
        try:
            await asyncio.wait_for(client.ended(), min(left, REPORT_SECONDS))
            if client.bye is not None:
                _say(f"the server ended the session: {client.bye.why.replace('_', ' ')}")
            return
        except TimeoutError:
            sent = sum(player.stream.octets for player in client.players)
            received = sum(slot.stats.octets for slot in client.slots.values())
            took = (loop.time() - started) * 1000 / 8
            line = f"{len(client.participants) + 1} in the room, sending {(sent - before[0]) / took:.0f} kbit/s"
            if recorder is not None:
                line += f", receiving {(received - before[1]) / took:.0f} kbit/s"
            before = sent, received
            _say(line)


def _conclude(recorder: Recorder) -> None:
    if recorder.failure is not None:
        raise MediaError(recorder.failure)
    if any(recorder.frames.values()):
        _say(f"recorded {recorder.frames['video']} video frames and {recorder.frames['audio']} audio packets")
    else:
        _say("nothing was received, so nothing was recorded")
