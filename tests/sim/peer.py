"""A participant in the simulation: an `Endpoint`, sources, receivers, and the RTCP of a browser."""

import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sfu.codecs import Codec
from sfu.endpoint import Endpoint
from sfu.feedback.transport_feedback import TransportFeedbackGenerator
from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import Certificate
from sfu.transport import Transport
from sfu.wire import extensions, rtcp, rtp
from sfu.wire.rtcp import KeyframeRequest, Nack, ReceiverReport, RtcpPacket, SenderReport, TransportFeedback
from sfu.wire.rtp import Mid, Rid, RtpHeader
from sfu.wire.stun import Address
from tests.sim.media import VIDEO_RATE, AudioReceiver, AudioSource, VideoReceiver, VideoSource

if TYPE_CHECKING:
    from tests.sim.network import Link

PUBLISH_ALL = ("microphone", "camera")
OPUS = Codec("opus", 111, 48_000)
VP8 = Codec("VP8", 96, 90_000, 97)
VIEWER_OPUS = Codec("opus", 109, 48_000)
VIEWER_VP8 = Codec("VP8", 120, 90_000, 121)
"""Viewers take other payload types than senders send, so that missing rewriting is noticed."""

SEND_IDS = {
    1: extensions.MID,
    2: extensions.RID,
    3: extensions.REPAIRED_RID,
    4: extensions.TRANSPORT_WIDE,
    5: extensions.AUDIO_LEVEL,
}
RECEIVE_IDS = {extensions.TRANSPORT_WIDE: 7, extensions.AUDIO_LEVEL: 8}
MICROPHONE, CAMERA = Mid("0"), Mid("1")
RIDS = (Rid("q"), Rid("h"), Rid("f"))
HEIGHTS = {Rid("q"): 180, Rid("h"): 360, Rid("f"): 720}
ROUND_TRIP = 0.05
NAMED_SECONDS = 3.0
"""Seconds in which packets carry MID and RID; browsers stop when a report shows that they were understood."""
REMEMBERED = 1.5
"""Seconds after which a packet isn't repeated any more; browsers keep them for one to a few."""


class Peer:
    """One participant; `World` drives it."""

    transport: Transport

    def __init__(
        self,
        name: str,
        number: int,
        address: Address,
        rng: random.Random,
        certificate: Certificate,
        *,
        up: "Link",
        down: "Link",
    ) -> None:
        self.name, self.number, self.address = name, number, address
        self.up, self.down = up, down
        self.endpoint = Endpoint(certificate)
        self.endpoint.on_rtp = self._receive_rtp
        self.endpoint.on_rtcp = self._receive_rtcp
        self.microphone: AudioSource | None = None
        self.cameras: list[VideoSource] = []
        self.sends: list[SendSection] = []
        self.receives: list[ReceiveSection] = []
        """Sections of the last offer."""
        self.video: dict[str, VideoReceiver] = {}
        self.audio: dict[str, AudioReceiver] = {}
        self.silent = False
        """Whether it acts as if its process were stopped."""
        self.gone = False
        self.obeys = False
        """Whether it sends only the encodings that are wanted."""
        self.keyframe_requests: list[tuple[float, int]] = []
        """Time and SSRC of each request received."""
        self.feedback: list[TransportFeedback] = []
        self.reports_arrivals = True
        """Whether it sends transport-wide feedback on what it receives."""
        self.arrivals = TransportFeedbackGenerator()
        self.unknown_ssrcs: set[int] = set()
        self._random = rng
        self._by_ssrc: dict[int, VideoReceiver | AudioReceiver] = {}
        self._rtx: dict[int, VideoReceiver] = {}
        self._transport_wide = rng.randrange(65_400, 65_536)
        self._next_report = 0.0
        self._began: float | None = None
        self._sent: dict[tuple[int, int], bytes] = {}
        """Packets as sent, by SSRC and number; only without a retransmission stream."""

    def negotiate(self, publish: Iterable[str], audio_slots: int, video_slots: int, *, simulcast: bool) -> None:
        sends = self.sends
        if "microphone" in publish:
            self.microphone = AudioSource(self.number, MICROPHONE, self._random)
            sends.append(SendSection(MICROPHONE, "audio", {OPUS.payload_type: OPUS}))
        if "camera" in publish:
            rids = RIDS if simulcast else ()
            names = RIDS if simulcast else (Rid(""),)
            self.cameras = [
                VideoSource(self.number, layer, rid, CAMERA, self._random) for layer, rid in enumerate(names)
            ]
            sends.append(SendSection(CAMERA, "video", {VP8.payload_type: VP8}, rids))
        receives = self.receives = [
            ReceiveSection(Mid(f"a{index}"), "audio", {"opus": VIEWER_OPUS}, RECEIVE_IDS)
            for index in range(audio_slots)
        ]
        receives += [
            ReceiveSection(Mid(f"v{index}"), "video", {"VP8": VIEWER_VP8}, RECEIVE_IDS) for index in range(video_slots)
        ]
        self.transport.negotiate(sends, receives, SEND_IDS)
        for mid, slot in self.transport.sender.slots.items():
            if slot.kind == "video":
                video = self.video[mid] = VideoReceiver()
                self._by_ssrc[slot.forwarder.ssrc] = video
                self._rtx[slot.forwarder.rtx_ssrc] = video
            else:
                self._by_ssrc[slot.forwarder.ssrc] = self.audio[mid] = AudioReceiver()

    def published(self) -> list[tuple[Mid, str, dict[Rid, int]]]:
        found: list[tuple[Mid, str, dict[Rid, int]]] = []
        if self.microphone is not None:
            found.append((MICROPHONE, "microphone", {}))
        if self.cameras:
            found.append((CAMERA, "camera", HEIGHTS if len(self.cameras) > 1 else {}))
        return found

    def send_only(self, rids: tuple[Rid, ...]) -> None:
        """Stop the other encodings of the camera; those that were stopped begin again with a keyframe."""
        for camera in self.cameras:
            paused = Rid(camera.rid) not in rids
            camera.key_wanted |= camera.paused and not paused
            camera.paused = paused

    def name_again(self, now: float) -> None:
        """Put MID and RID into packets again, as browsers do when a stream begins."""
        self._began = now

    def ssrc_of(self, mid: str) -> int:
        """The SSRC of a slot."""
        return self.transport.sender.slots[Mid(mid)].forwarder.ssrc

    def tick(self, now: float) -> None:
        """Every 10 ms: checks, media, RTCP."""
        self.endpoint.poll(now)
        if not self.endpoint.connected or self.endpoint.closed:
            return
        if self._began is None:
            self._began = now
        if self.microphone is not None:
            for seq, marker, timestamp, payload in self.microphone.due(now):
                values = {5: bytes((self.microphone.level,)), **self._names(self.microphone.mid, now)}
                self.send(OPUS.payload_type, seq, timestamp, self.microphone.ssrc, payload, values, marker=marker)
        for camera in self.cameras:
            for seq, marker, timestamp, payload in camera.due(now):
                values = self._names(camera.mid, now, camera.rid)
                self.send(VP8.payload_type, seq, timestamp, camera.ssrc, payload, values, marker=marker)
                if VP8.rtx_payload_type is None:
                    self._sent[camera.ssrc, seq] = self.endpoint.outgoing[-1]
        for mid, video in self.video.items():
            lost, pli = video.poll(now, ROUND_TRIP)
            if lost:
                self.endpoint.send_rtcp(rtcp.build_nack(1, self.ssrc_of(mid), lost))
            if pli:
                self.endpoint.send_rtcp(rtcp.build_pli(1, self.ssrc_of(mid)))
        if self.arrivals.due is not None and now >= self.arrivals.due:
            for feedback in self.arrivals.build(1, 1):
                if self.reports_arrivals:
                    self.endpoint.send_rtcp(feedback)
        if now >= self._next_report:
            self._next_report = now + 1.0
            self._report(now)

    def _names(self, mid: str, now: float, rid: str = "") -> dict[int, bytes]:
        if self._began is None or now - self._began > NAMED_SECONDS:
            return {}
        return {1: mid.encode(), 2: rid.encode()} if rid else {1: mid.encode()}

    def send(
        self,
        payload_type: int,
        seq: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        values: dict[int, bytes],
        *,
        marker: bool = False,
    ) -> None:
        """Send any packet, with the next transport-wide number."""
        wide = {4: self._transport_wide.to_bytes(2)}
        self._transport_wide = (self._transport_wide + 1) & 0xFFFF
        self.endpoint.send_rtp(
            rtp.build_packet(payload_type, seq, timestamp, ssrc, payload, marker=marker, extensions={**values, **wide})
        )

    def _report(self, now: float) -> None:
        sources: list[AudioSource | VideoSource] = [*self.cameras]
        if self.microphone is not None:
            sources.append(self.microphone)
        packets = []
        for source in sources:
            if source.packets:
                ntp = rtcp.ntp_time(now + 12_345.6 * self.number)
                packets.append(
                    rtcp.build_sender_report(
                        SenderReport(source.ssrc, ntp, source.timestamp(now), source.packets, source.octets)
                    )
                )
        blocks = [
            stream.stats.report(ssrc, stream.clock.middle, now - stream.clock.arrival)
            for ssrc, stream in self._by_ssrc.items()
            if stream.stats.packets
        ]
        packets.append(rtcp.build_receiver_report(ReceiverReport(1, tuple(blocks))))
        self.endpoint.send_rtcp(b"".join(packets))

    def _receive_rtp(self, packet: bytes, now: float) -> None:
        header = RtpHeader(packet, len(packet))
        payload = packet[header.payload_start : header.payload_end]
        wide = header.extensions.get(RECEIVE_IDS[extensions.TRANSPORT_WIDE])
        if wide is not None:
            self.arrivals.received(int.from_bytes(wide), now)
        stream = self._by_ssrc.get(header.ssrc)
        if stream is not None:
            assert header.payload_type == (120 if isinstance(stream, VideoReceiver) else 109)
            assert set(header.extensions) <= {7, 8}
            stream.stats.received(header.seq, header.timestamp, len(payload), now)
            stream.received(header, payload, now, repair=False)
            return
        video = self._rtx.get(header.ssrc)
        if video is None:
            self.unknown_ssrcs.add(header.ssrc)
            return
        assert header.payload_type == 121
        if len(payload) < 2:
            return  # padding
        header.seq = int.from_bytes(payload[:2])
        video.received(header, payload[2:], now, repair=True)

    def _receive_rtcp(self, packet: RtcpPacket, now: float) -> None:
        match packet:
            case KeyframeRequest():
                self.keyframe_requests.append((now, packet.media_ssrc))
                for camera in self.cameras:
                    if camera.ssrc == packet.media_ssrc:
                        camera.key_wanted = True
            case Nack():
                for camera in self.cameras:
                    if camera.ssrc == packet.media_ssrc:
                        self._repair(camera, packet.lost, now)
            case SenderReport():
                stream = self._by_ssrc.get(packet.ssrc)
                if stream is not None:
                    stream.clock.report(packet, now)
            case TransportFeedback():
                self.feedback.append(packet)
            case _:
                pass

    def _repair(self, camera: VideoSource, lost: tuple[int, ...], now: float) -> None:
        for seq in lost:
            kept = camera.history.get(seq)
            if kept is None:
                continue
            marker, timestamp, payload = kept
            if rtp.timestamp_delta(camera.timestamp(now), timestamp) > REMEMBERED * VIDEO_RATE:
                continue
            if VP8.rtx_payload_type is None:
                self.endpoint.outgoing.append(self._sent[camera.ssrc, seq])
                continue
            values = {1: camera.mid.encode()}
            if camera.rid:
                values[3] = camera.rid.encode()
            self.send(97, camera.rtx_seq, timestamp, camera.rtx_ssrc, seq.to_bytes(2) + payload, values, marker=marker)
            camera.rtx_seq = (camera.rtx_seq + 1) & 0xFFFF
