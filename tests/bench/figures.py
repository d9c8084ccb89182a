"""The measurements: each function is one run, and returns its figure or figures."""

import math
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

from sfu.wire import rtp
from tests.bench import janus
from tests.bench.load import KEYFRAME_EVERY, PACKETS_PER_FRAME, PAYLOAD, Load, Pattern, Run
from tests.bench.peers import Peer, close, connect
from tests.bench.relay_process import PUBLISH_MID, RIDS, RelayProcess

PUBLISHERS, VIEWERS, FPS = 5, 20, 30
PATTERNS: tuple[Pattern, ...] = ("bursts", "spread", "paced")
KEYS: dict[Literal[Pattern, "plain"], str] = {
    "bursts": "us_per_forwarded",
    "spread": "spread_us_per_forwarded",
    "paced": "paced_us_per_forwarded",
    "plain": "plain_us_per_forwarded",
}
"""Names of the figures; `plain` is receiving and forwarding alone, without sockets."""

TRIES = 3

STEPS = (120, 150, 180, 210)
"""Numbers of viewers tried to find how many packets one core forwards: 108,000 to 189,000 a second."""

IDLE_VIEWERS, SIMULCASTERS = 100, 10
CACHE_FILL = 600
"""Packets that each simulcast stream sends: more than its cache holds."""


def relay_load(relay: RelayProcess, publishers: int, viewers: int, stack: ExitStack) -> Load:
    """Connect everyone, let everyone see all publishers, and warm up."""
    senders, receivers = connect(relay, publishers, viewers, videos=publishers)
    stack.callback(close, [*senders, *receivers])
    load = Load(relay.pid, senders, receivers)
    stack.callback(load.stop)
    load.sender.run("bursts", 0.2, FPS)
    names = [peer.name for peer in senders]
    for peer in receivers:
        relay.call("watch", peer.name, names)
    load.sender.run("bursts", 1.2, FPS)
    relay.call("freeze")
    return load


def relay_process(stack: ExitStack, host: str, core: int | None) -> RelayProcess:
    """Start a relay that ends with the stack."""
    relay = RelayProcess(core, host)
    stack.callback(relay.stop)
    return relay


def janus_load(stack: ExitStack, core: int | None) -> Load:
    """Connect the same load through Janus."""
    process = janus.JanusProcess(core)
    stack.callback(process.stop)
    senders, receivers = janus.connect(PUBLISHERS, VIEWERS)
    stack.callback(close, [*senders, *receivers])
    load = Load(process.pid, senders, receivers)
    stack.callback(load.stop)
    load.sender.run("bursts", 1.2, FPS)
    return load


def without_loss(measure: Callable[[], Run], name: str, losses: list[str]) -> Run:
    """A run without loss, if one of a few is; packets get lost when other processes keep the cores busy.

    Lost packets need not be forwarded, so such a run can't be compared with the others. Losses are reported.
    """
    for _ in range(TRIES):
        run = measure()
        if run.received == run.expected:
            break
        losses.append(f"{name}: {run.expected - run.received} of {run.expected} packets")
    return run


def plain(relay: RelayProcess, load: Load, frames: int) -> float:
    """Microseconds of CPU for each packet received and forwarded without sockets, in bursts.

    It leaves out the kernel, which is most of the cost and of its variation: small changes in the code show here.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "packets"
        load.sender.record(path, frames)
        names = [peer.name for peer in load.sender.peers]
        forwarded, cpu = relay.call("replay", str(path), names, len(names) * PACKETS_PER_FRAME)
    assert forwarded >= 0.99 * frames * PACKETS_PER_FRAME * len(names) * load.viewers, "not everything was forwarded"
    return float(cpu / forwarded * 1e6)


def plain_alone(start: Callable[[], RelayProcess], frames: int) -> float:
    """The same with a relay of its own: what is replayed reaches no viewer, who would then report it lost, and be sent
    less in whatever is measured afterwards.
    """
    with ExitStack() as stack:
        relay = start()
        stack.callback(relay.stop)
        return plain(relay, relay_load(relay, PUBLISHERS, VIEWERS, stack), frames)


def capacity(host: str, core: int | None) -> tuple[float, float]:
    """The most packets a second that were forwarded without loss, and the share of the core that this took.

    Each step is tried a few times: on a shared machine, other processes may cause a loss.
    """
    best = 0.0, 0.0
    for viewers in STEPS:
        with ExitStack() as stack:
            load = relay_load(relay_process(stack, host, core), PUBLISHERS, viewers, stack)
            for _ in range(3):
                run = load.run("bursts", 2, fps=FPS)
                if run.received == run.expected:
                    best = run.received / 2, run.cpu / 2
                    break
            else:
                return best
    return best


def delay_run(load: Load) -> Run:
    """A run at 20,000 packets/s that notes delays."""
    return load.run("spread", 3, fps=20_000 / (PUBLISHERS * VIEWERS * PACKETS_PER_FRAME), measure=True)


def percentiles(run: Run) -> tuple[float, float]:
    """Median and 99th percentile of the added delay, milliseconds."""
    delays = sorted(run.delays) or [math.inf]
    return delays[len(delays) // 2] * 1e3, delays[len(delays) * 99 // 100] * 1e3


def bytes_per_viewer(host: str, core: int | None) -> float:
    """Memory of a viewer with 4 audio and 9 video slots who watches nothing yet."""
    with ExitStack() as stack:
        relay = relay_process(stack, host, core)
        _connect_and_close(relay, 1)  # allocates what is made only once
        before = relay.call("memory")
        _, viewers = connect(relay, 0, IDLE_VIEWERS, videos=9, audios=4)
        stack.callback(close, viewers)
        relay.call("reconcile")
        return float(relay.call("memory") - before) / IDLE_VIEWERS


def bytes_per_publisher(host: str, core: int | None) -> float:
    """Memory of a publisher of three simulcast streams, with all caches full of large packets."""
    with ExitStack() as stack:
        relay = relay_process(stack, host, core)
        _connect_and_close(relay, 1)
        before = relay.call("memory")
        publishers, _ = connect(relay, SIMULCASTERS, 0, videos=0, simulcast=True)
        stack.callback(close, publishers)
        for peer in publishers:
            _fill_caches(peer)
            peer.pump(time.monotonic())
        time.sleep(0.2)
        received = relay.call("usage")["received"]
        assert received >= SIMULCASTERS * len(RIDS) * CACHE_FILL, "packets were lost, the caches aren't full"
        return float(relay.call("memory") - before) / SIMULCASTERS


def _connect_and_close(relay: RelayProcess, viewers: int) -> None:
    with suppress(OSError):
        close(connect(relay, 0, viewers, videos=9, audios=4)[1])


def _fill_caches(peer: Peer) -> None:
    for seq in range(CACHE_FILL):
        for number, rid in enumerate(RIDS):
            payload = (b"\x10\x00" if seq % (KEYFRAME_EVERY * PACKETS_PER_FRAME) == 0 else b"\x00\x01") + bytes(PAYLOAD)
            wide = (seq * len(RIDS) + number) & 0xFFFF
            extensions = {1: wide.to_bytes(2), 2: PUBLISH_MID.encode(), 3: rid.encode()}
            packet = rtp.build_packet(96, seq, seq * 500, 5000 + number, payload, extensions=extensions)
            peer.endpoint.send_rtp(packet)
        peer.flush()
        if seq % 8 == 0:
            time.sleep(0.001)  # no more at once than its socket holds
