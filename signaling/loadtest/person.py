"""Somebody in a load test: a client that publishes clips, and watches and does what a scenario says."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sfu.secure.dtls import Certificate
from signaling import messages
from signaling.client import Client, ClientError, ClientOptions
from signaling.client.media import CodecName, Media
from signaling.client.transport import MediaTransport
from signaling.loadtest import library
from signaling.loadtest.clips import Clip
from signaling.loadtest.impairment import Link
from signaling.loadtest.poller import Poller
from signaling.loadtest.receive import LeanSlot
from signaling.loadtest.scenario import Group
from signaling.loadtest.share import Person as Plan
from signaling.loadtest.stats import Stats
from signaling.loadtest.transport import LeanTransport
from signaling.messages import EventBody, Publication

LARGE, SMALL = 360, 90
"""Lines of the tiles of a layout with one large tile."""

TILE_HEIGHTS = ((1, 720), (4, 360), (9, 180), (25, 90))
"""Lines of a tile in a grid of up to so many."""

OVERHEAD = 40
"""Bytes of a received packet that are no payload of its encoding, about: header 12, extensions 8, descriptor 4, and the
tag of SRTP 16."""

REJOIN_SECONDS = 60.0
TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Clips:
    """What somebody publishes, as a client's `publish` takes it."""

    audio: Clip | None
    video: tuple[Clip, ...]

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        """The clips; a `LeanTransport` knows how to play them."""
        return cast(Media, self)


@dataclass(frozen=True, slots=True)
class Around:
    """What all people of a process share. `machine`: see `timecode`; `groups`: all of the scenario, by name."""

    url: str
    token: str | None
    poller: Poller
    machine: int
    groups: dict[str, Group]
    seed: int


@dataclass(frozen=True, slots=True)
class Outage:
    """The time without media after a media connection has ended: from its last packet to the first whole keyframe on
    the next connection, or where no picture was shown, to the first packet.
    """

    since: float
    """By the wall clock."""
    pictures: bool
    """Whether pictures were shown."""

    def end(self, slots: Sequence[LeanSlot]) -> float | None:
        """Its end by the wall clock, None while it goes on; `slots`: of the present connection."""
        found = (each.first_frame_at if self.pictures else each.first_packet_at for each in slots)
        return min((at for at in found if at is not None), default=None)


class Person(Client):
    """From `arrive` to `leave`. Everything it meets is counted in `stats`, which it shares with its group."""

    codecs: tuple[CodecName, ...] = ("VP8", "H264", "VP9", "AV1")

    def __init__(self, plan: Plan, around: Around, stats: Stats, life: int) -> None:
        """`life`: which of those who took this place one after the other, from 0."""
        group = around.groups[plan.group]
        options = ClientOptions(
            video_slots=group.tiles,
            simulcast=group.simulcast,
            timeout=TIMEOUT,
            rejoin=REJOIN_SECONDS,
            load_test_token=around.token,
        )
        super().__init__(around.url, plan.code, f"{plan.group} {plan.number + 1}", options)
        self.plan, self.group, self.stats = plan, group, stats
        self.random = random.Random(f"{around.seed} {plan.number} {life}")  # noqa: S311 (reproduces a test)
        self.inside = False
        self.muted = False
        self._around = around
        self._links = self._make_links()
        self._began = 0.0
        self._saw_frame = self._heard_sound = True
        """Or nothing is there to see or hear."""
        self._outage: Outage | None = None
        self._counted = (0, 0)
        self._sent = [0, 0, 0, 0]

    def _make_links(self) -> tuple[Link, Link] | None:
        network = self.group.network
        if not network.impaired:
            return None
        seed = f"{self._around.seed} {self.plan.number}"
        return Link(network, network.down_kbps, f"{seed} down"), Link(network, network.up_kbps, f"{seed} up")

    def _make_transport(self, certificate: Certificate | None) -> MediaTransport:
        transport = LeanTransport(
            self._on_media_closed,
            self._on_media_silent,
            certificate,
            self._around.poller,
            self.stats,
            self._around.machine,
            self._links,
        )
        if self.lean is not None:
            self._note_outage(self.lean)
            transport.go_on_from(self.lean)
        return transport

    def _note_outage(self, ended: LeanTransport) -> None:
        """Unless one goes on already: then `ended` is of an attempt that failed."""
        if self._outage is None and ended.lean.now:
            shown = any(slot.kind == "video" and slot.shown is not None for slot in ended.lean.slots.values())
            self._outage = Outage(ended.lean.now, shown)

    @property
    def lean(self) -> LeanTransport | None:
        """Its media connection."""
        return cast(LeanTransport | None, self._transport)

    @property
    def lean_slots(self) -> Sequence[LeanSlot]:
        """What it receives in."""
        return [] if self.lean is None else list(self.lean.lean.slots.values())

    async def arrive(self) -> bool:
        """Join and publish; False where that failed, which is counted."""
        stats, group = self.stats, self.group
        stats.tried += 1
        self._began = time.time()
        try:
            await self.join()
            stats.joined += 1
            stats.join.note(time.time() - self._began)
            self.inside = True
            await self._publish()
        except asyncio.CancelledError:
            # The test ends: whether it would have come in isn't known.
            stats.tried -= not self.inside
            raise
        except ClientError as error:
            if self._leaving:
                pass  # replaced while it still published
            elif self.inside:
                stats.lost[error.code] = stats.lost.get(error.code, 0) + 1
            else:
                stats.refused[error.code] = stats.refused.get(error.code, 0) + 1
            self.inside = False
            await self.close()
            return False
        # Who comes first waits for others, which tells nothing of the server.
        self._saw_frame = not group.tiles or not self._cameras()
        self._heard_sound = not any(
            each.source == "microphone" and each.participant != self.you.id for each in self.publications.values()
        )
        if group.tiles:
            await self.look_around()
        return True

    async def _publish(self) -> None:
        group = self.group
        video, audio = library.camera(group), library.microphone(group)
        if audio is not None or video:
            await self.publish(Clips(audio, video))
        if group.screen and self.plan.index == 0:
            await self.publish(Clips(None, (library.picture(group.codec, 720, 15),)), screen=True)

    # What it watches

    async def look_around(self) -> None:
        """Watch others than before, as the layout wants it."""
        cameras = self._cameras()
        tiles = min(self.group.tiles, len(cameras))
        chosen = self.random.sample(cameras, tiles)
        await self._show(chosen)

    async def look_more(self) -> None:
        """Watch those who have come since, where there is room."""
        shown = {slot.publication for slot in self.lean_slots}
        free = [each for each in self._cameras() if each.id not in shown]
        watched = [each for each in self._cameras() if each.id in shown]
        if free and len(watched) < self.group.tiles:
            await self._show([*watched, *free][: self.group.tiles])

    def _cameras(self) -> list[Publication]:
        own = self.you.id
        return [each for each in self.publications.values() if each.kind == "video" and each.participant != own]

    async def _show(self, chosen: list[Publication]) -> None:
        """Those that are shown already keep their slots."""
        slots = [slot for slot in self.lean_slots if slot.kind == "video"]
        if self.group.layout == "speaker":
            speakers = [] if self._state is None else self._state.speakers
            chosen = sorted(chosen, key=lambda each: each.participant not in speakers)
            heights = [LARGE] + [SMALL] * len(chosen)
        else:
            heights = [next(height for most, height in TILE_HEIGHTS if len(chosen) <= most)] * len(chosen)
        wanted = dict(zip([each.id for each in chosen], heights, strict=False))
        kept = {slot.mid: slot.publication for slot in slots if slot.publication in wanted}
        left = [each for each in wanted if each not in kept.values()]
        wishes = []
        for slot in slots:
            publication = kept.get(slot.mid) or (left.pop(0) if left else None)
            if publication is None and slot.publication is None:
                continue
            height = wanted[publication] if publication is not None else SMALL
            wishes.append(
                messages.SlotWatch(slot=slot.mid, publication=publication, height=height, priority=int(height == LARGE))
            )
        if not wishes:
            return
        try:
            await self._request(messages.Watch, slots=wishes)
        except ClientError:
            return  # somebody has left since; the next look finds others
        self._wishes.update({wish.slot: wish for wish in wishes})

    # What it does

    def speak(self, *, speaking: bool) -> None:
        """Begin or end to speak."""
        if self.lean is not None:
            for playout in self.lean.playouts:
                if playout.codec == "opus" and playout.speaking != (speaking and not self.muted):
                    playout.speak(self.lean.now, speaking=speaking and not self.muted)
            self.lean.wake()

    async def toggle_mute(self) -> None:
        """Mute or unmute the microphone."""
        if self.group.audio:
            self.muted = not self.muted
            await self.mute("microphone", muted=self.muted)

    async def _request(self, kind: type[messages.Request], **fields: Any) -> messages.Result | None:
        started = time.perf_counter()
        result = await super()._request(kind, **fields)
        self.stats.signaling.note(time.perf_counter() - started)
        return result

    def _on_event(self, event: EventBody) -> None:
        self.stats.events += 1
        super()._on_event(event)

    # What it counts

    def take(self, now: float, seconds: float) -> None:
        """Put what happened in the last `seconds` into the statistics; `now` by the wall clock."""
        stats, transport = self.stats, self.lean
        resumed, rejoined = self._counted
        stats.resumed += self.resume_count - resumed
        stats.rejoined += self.rejoin_count - rejoined
        self._counted = self.resume_count, self.rejoin_count
        if transport is None or not self.inside:
            return
        if self._leaving:
            self.inside = False
            return
        if self._ended.is_set():
            self.inside = False
            reason = self.bye.why if self.bye is not None else self.failure.code if self.failure is not None else "left"
            stats.lost[reason] = stats.lost.get(reason, 0) + 1
            return
        stats.inside += self.media_connected
        for slot in self.lean_slots:
            wanted = self._wanted(slot) * seconds if slot.kind == "video" and not slot.paused else 0.0
            if wanted:
                stats.wanted_octets += wanted
                stats.camera_octets += max(0, slot.octets - slot.packets * OVERHEAD)
            slot.take(now)
        self._note_firsts()
        self._note_media_again()
        sent = [
            sum(playout.packets for playout in transport.playouts),
            sum(playout.octets for playout in transport.playouts),
            sum(playout.retransmitted for playout in transport.playouts),
            transport.unsent,
        ]
        # After another connection was made they begin anew.
        more = [now if now < before else now - before for now, before in zip(sent, self._sent, strict=True)]
        self._sent = sent
        stats.sent += more[0]
        stats.sent_octets += more[1]
        stats.retransmitted += more[2]
        stats.unsent += more[3]

    def _note_media_again(self) -> None:
        end = None if self._outage is None else self._outage.end(self.lean_slots)
        if self._outage is not None and end is not None:
            self.stats.outage.note(max(0.0, end - self._outage.since))
            self._outage = None

    def take_last(self, now: float) -> None:
        """Count what there is before it leaves."""
        for slot in self.lean_slots:
            slot.take(now)

    def _wanted(self, slot: LeanSlot) -> float:
        """Bytes per second of the encoding that the slot asks for."""
        publication = self.publications.get(slot.publication or "")
        wish = self._wishes.get(slot.mid)
        if publication is None or wish is None or self._state is None:
            return 0.0
        person = self._state.people.get(publication.participant)
        group = self._around.groups.get(person.name.rpartition(" ")[0]) if person is not None else None
        if group is None or publication.source != "camera":
            return 0.0
        encodings = library.camera(group)
        fitting = (each for each in encodings if each.height >= wish.height)
        return next(fitting, encodings[-1]).octets_per_second if encodings else 0.0

    def _note_firsts(self) -> None:
        if not self._saw_frame:
            frames = [slot.first_frame_at for slot in self.lean_slots if slot.first_frame_at is not None]
            if frames:
                self._saw_frame = True
                self.stats.first_frame.note(max(0.0, min(frames) - self._began))
        if not self._heard_sound:
            sounds = [
                slot.first_packet_at
                for slot in self.lean_slots
                if slot.kind == "audio" and slot.first_packet_at is not None
            ]
            if sounds:
                self._heard_sound = True
                self.stats.first_audio.note(max(0.0, min(sounds) - self._began))
