"""The figures of a report that are of people: of a group, or of all. Computed from what their clients counted."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict

from signaling.loadtest.columns import Column
from signaling.loadtest.stats import Spread, Stats

_MEDIAN = "half of all are at most this"
_P95 = "95 of 100 are at most this"
_P99 = "99 of 100 are at most this"
_LONGEST = "none is longer"


class Part(BaseModel):
    """A part of a report. What wasn't measured is None. Figures that later versions add are left out when read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


@dataclass(slots=True)
class Tally:
    """What some clients counted over some time, and for how long."""

    whole: Stats = field(default_factory=Stats)
    """From the first join to the last person's leaving."""
    measured: Stats = field(default_factory=Stats)
    """Of the time that media figures are of."""
    seconds: float = 0.0
    """How long `measured` is."""
    person_seconds: float = 0.0
    """Seconds in a room, summed over people, of `measured`."""
    inside: int = 0
    """People in their rooms at the end of `measured`."""


def significant(number: float) -> float:
    """To four significant digits: no report has more to say."""
    return float(f"{number:.4g}")


def ratio(part: float, whole: float, times: float = 1) -> float | None:
    """A part's share of a whole; None of nothing."""
    return significant(part / whole * times) if whole else None


def quantile(spread: Spread, share: float, times: float = 1) -> float | None:
    """A quantile in other units; None for no values."""
    found = spread.quantile(share)
    return None if found is None else significant(found * times)


class SecondsSpread(Part):
    """How long something took."""

    p50_s: Annotated[float | None, Column("median", "s", _MEDIAN, quantile=True)] = None
    p95_s: Annotated[float | None, Column("p95", "s", _P95, quantile=True)] = None
    p99_s: Annotated[float | None, Column("p99", "s", _P99, quantile=True)] = None

    @classmethod
    def of(cls, spread: Spread) -> Self:
        """Its quantiles."""
        return cls(p50_s=quantile(spread, 0.5), p95_s=quantile(spread, 0.95), p99_s=quantile(spread, 0.99))


class MillisecondsSpread(Part):
    """The same in milliseconds."""

    p50: Annotated[float | None, Column("median", "ms", _MEDIAN, quantile=True)] = None
    p95: Annotated[float | None, Column("p95", "ms", _P95, quantile=True)] = None
    p99: Annotated[float | None, Column("p99", "ms", _P99, quantile=True)] = None

    @classmethod
    def of(cls, spread: Spread) -> Self:
        """Its quantiles."""
        return cls(p50=quantile(spread, 0.5, 1e3), p95=quantile(spread, 0.95, 1e3), p99=quantile(spread, 0.99, 1e3))


class People(Part):
    """Who is in the rooms, and who was lost."""

    inside: Annotated[
        int,
        Column(
            "people inside", "", "people in their rooms with media arriving, at the end of the time measured", "more"
        ),
    ] = 0
    resumed: Annotated[
        int, Column("people resumed", "", "lost WebSockets that were resumed without leaving the room")
    ] = 0
    rejoined: Annotated[
        int, Column("people rejoined", "", "people who joined again by themselves, as after a restart of the server")
    ] = 0
    lost: Annotated[int, Column("people lost", "", "people who were thrown out or gave up")] = 0
    lost_by: Annotated[
        dict[str, int], Column("people lost by reason", "", "the same by the reason their client gives", keys="REASON")
    ] = {}


class Joins(SecondsSpread):
    """Attempts to join, and how long those that succeeded took."""

    tried: Annotated[int, Column("joins tried", "", "attempts", "")] = 0
    succeeded: Annotated[int, Column("joins succeeded", "", "attempts that led to a media connection", "more")] = 0
    share: Annotated[
        float | None, Column("joins succeeded", "share", "joins that succeeded, of those tried", "more")
    ] = None
    refused: Annotated[
        dict[str, int], Column("joins refused", "", "attempts that failed, by the error's code", "less", "CODE")
    ] = {}


class Outages(Part):
    """How long people were without media when their connection was replaced."""

    count: Annotated[
        int,
        Column("outages", "", "media connections that ended and were replaced, as after a restart of the server"),
    ] = 0
    p50_s: Annotated[float | None, Column("median", "s", _MEDIAN, quantile=True)] = None
    p95_s: Annotated[float | None, Column("p95", "s", _P95, quantile=True)] = None
    max_s: Annotated[float | None, Column("longest", "s", _LONGEST, quantile=True)] = None

    @classmethod
    def of(cls, spread: Spread) -> Self:
        """Its quantiles."""
        p50, p95, longest = (quantile(spread, share) for share in (0.5, 0.95, 1))
        return cls(count=spread.count, p50_s=p50, p95_s=p95, max_s=longest)


class Frozen(Part):
    """Pictures that stood still."""

    seconds: Annotated[float, Column("time frozen", "s", "length of all freezes, over all people and pictures")] = 0.0
    share: Annotated[
        float | None, Column("time frozen", "share", "time in freezes, of the time that pictures were watched")
    ] = None
    per_hour: Annotated[float | None, Column("freezes", "/h", "freezes for each hour that a picture was watched")] = (
        None
    )


class Bitrate(Part):
    """What came of what the layouts asked for."""

    wanted_kbps: Annotated[
        float | None,
        Column("bitrate wanted", "kbit/s", "bitrate of the cameras that a person's layout asks for, on average", ""),
    ] = None
    got_kbps: Annotated[
        float | None,
        Column("bitrate got", "kbit/s", "bitrate of those cameras that came, on average", "more"),
    ] = None
    share: Annotated[
        float | None, Column("bitrate got of wanted", "share", "bitrate got, of the bitrate wanted", "more")
    ] = None
    all_kbps: Annotated[
        float | None,
        Column("bitrate in all", "kbit/s", "bitrate that a person received, voices and headers included", ""),
    ] = None


class Layers(Part):
    """How often what a slot shows changed."""

    switches: Annotated[int, Column("layer switches", "", "changes of the layer of a camera that is watched", "")] = 0
    per_minute: Annotated[float | None, Column("layer switches", "/min", "the same for each person, a minute", "")] = (
        None
    )
    keyframe_requests: Annotated[int, Column("keyframe requests", "", "keyframes that clients asked for")] = 0
    withheld: Annotated[
        float | None,
        Column(
            "paused for bandwidth", "share", "time in which a camera was paused: the link or the server was too slow"
        ),
    ] = None
    off: Annotated[
        int, Column("layers off", "", "layers that nobody watched and their senders stopped, from start to end", "")
    ] = 0
    on: Annotated[int, Column("layers on", "", "stopped layers that were sent again, from start to end", "")] = 0


class Repairs(Part):
    """Packets that were missing at first."""

    asked: Annotated[int, Column("packets asked for again", "", "packets that clients asked for again (NACK)")] = 0
    recovered: Annotated[int, Column("packets retransmitted", "", "packets that came as retransmissions", "")] = 0
    share: Annotated[
        float | None, Column("packets retransmitted", "share", "packets that came as retransmissions, of all received")
    ] = None
    duplicates: Annotated[int, Column("duplicate packets", "", "packets that came more than once")] = 0


class Frames(Part):
    """Pictures of cameras and screens."""

    received: Annotated[int, Column("frames received", "", "whole frames received, over all people", "more")] = 0
    per_s: Annotated[
        float | None, Column("frames", "/s", "frames per second of a picture that was watched, on average", "more")
    ] = None


class Packets(Part):
    """RTP packets."""

    received: Annotated[int, Column("packets received", "", "packets received, over all people", "more")] = 0
    per_s: Annotated[
        float | None, Column("packets received", "/s", "packets received per second, over all people", "more")
    ] = None
    missing: Annotated[int, Column("packets missing", "", "packets that never came, after repairs")] = 0
    damaged: Annotated[int, Column("packets damaged", "", "packets that didn't decrypt, of those looked into")] = 0
    sent: Annotated[int, Column("packets sent", "", "packets sent, over all people", "")] = 0
    resent: Annotated[int, Column("packets sent again", "", "packets that the server asked senders for again")] = 0


class Figures(Part):
    """Of a group, or of all people."""

    people: People = People()
    joins: Annotated[
        Joins,
        Column(
            "joins", "s", "from the first HTTP request to a media connection, of all joins from start to end",
        ),
    ] = Joins()  # fmt: skip
    first_audio: Annotated[
        SecondsSpread,
        Column("first audio", "s", "from the first HTTP request to the first packet of sound, where others are in"),
    ] = SecondsSpread()
    first_frame: Annotated[
        SecondsSpread,
        Column("first frame", "s", "from the first HTTP request to the first whole keyframe, where others are in"),
    ] = SecondsSpread()
    outages: Annotated[
        Outages,
        Column(
            "media again",
            "s",
            "from the last packet of a connection that ended to the first picture, or sound where there is none, of the"
            " next, from start to end",
        ),
    ] = Outages()
    loss: Annotated[
        float | None,
        Column("loss", "share", "packets of sound and pictures that never came, after repairs, of those sent"),
    ] = None
    freezes: Annotated[
        int,
        Column("freezes", "", "pauses of a picture, over all people: three times as long as usual, and 150 ms longer"),
    ] = 0
    frozen: Frozen = Frozen()
    jitter_ms: Annotated[
        MillisecondsSpread, Column("jitter", "ms", "interarrival jitter of each stream at each report (RFC 3550)")
    ] = MillisecondsSpread()
    delay_ms: Annotated[
        MillisecondsSpread,
        Column(
            "delay",
            "ms",
            "from a sender's system call to a viewer's kernel, by way of the relay",
        ),
    ] = MillisecondsSpread()
    bitrate: Bitrate = Bitrate()
    frames: Frames = Frames()
    layers: Layers = Layers()
    repairs: Repairs = Repairs()
    packets: Packets = Packets()
    signaling_ms: Annotated[
        MillisecondsSpread, Column("signaling", "ms", "from a request on the WebSocket to its reply, from start to end")
    ] = MillisecondsSpread()
    events: Annotated[
        int, Column("signaling events", "", "events that the server sent on WebSockets, from start to end", "")
    ] = 0

    @classmethod
    def of(cls, tally: Tally) -> Self:
        """All that a tally tells. Joins and signaling are of its whole time, media of the time measured."""
        whole, media = tally.whole, tally.measured
        people = tally.person_seconds
        return cls(
            people=_people(tally),
            joins=_joins(whole),
            first_audio=SecondsSpread.of(whole.first_audio),
            first_frame=SecondsSpread.of(whole.first_frame),
            outages=Outages.of(whole.outage),
            # In a moment, what is repaired after it was counted as missing can outweigh what else is lost.
            loss=ratio(max(0, media.missing), media.missing + media.packets),
            freezes=media.freezes,
            frozen=Frozen(
                seconds=significant(media.frozen),
                share=ratio(media.frozen, media.watched),
                per_hour=ratio(media.freezes, media.watched, 3600),
            ),
            jitter_ms=MillisecondsSpread.of(media.jitter),
            delay_ms=MillisecondsSpread.of(media.delay),
            bitrate=Bitrate(
                wanted_kbps=ratio(media.wanted_octets, people, 8e-3) if media.wanted_octets else None,
                got_kbps=ratio(media.camera_octets, people, 8e-3) if media.wanted_octets else None,
                share=ratio(media.camera_octets, media.wanted_octets),
                all_kbps=ratio(media.octets, people, 8e-3),
            ),
            frames=Frames(received=media.frames, per_s=ratio(media.frames, media.watched)),
            layers=Layers(
                switches=media.switches,
                per_minute=ratio(media.switches, people, 60),
                keyframe_requests=media.keyframe_requests,
                withheld=ratio(media.withheld, media.withheld + media.watched),
                off=whole.switched_off,
                on=whole.switched_on,
            ),
            repairs=_repairs(media),
            packets=_packets(media, tally.seconds),
            signaling_ms=MillisecondsSpread.of(whole.signaling),
            events=whole.events,
        )


def _people(tally: Tally) -> People:
    whole = tally.whole
    return People(
        inside=tally.inside,
        resumed=whole.resumed,
        rejoined=whole.rejoined,
        lost=sum(whole.lost.values()),
        lost_by=dict(sorted(whole.lost.items())),
    )


def _joins(stats: Stats) -> Joins:
    return Joins(
        **SecondsSpread.of(stats.join).model_dump(),
        tried=stats.tried,
        succeeded=stats.joined,
        share=ratio(stats.joined, stats.tried),
        refused=dict(sorted(stats.refused.items())),
    )


def _repairs(stats: Stats) -> Repairs:
    return Repairs(
        asked=stats.nacked,
        recovered=stats.recovered,
        share=ratio(stats.recovered, stats.packets),
        duplicates=stats.duplicates,
    )


def _packets(stats: Stats, seconds: float) -> Packets:
    return Packets(
        received=stats.packets,
        per_s=ratio(stats.packets, seconds),
        missing=stats.missing,
        damaged=stats.damaged,
        sent=stats.sent,
        resent=stats.retransmitted,
    )
