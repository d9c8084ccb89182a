"""What is measured, in a process of its own: the relay alone, or a whole server; lines of JSON say what to do.

    python -P program.py relay HOST CORE
    python -P program.py server HOST CORE DATA

It imports nothing from `tests`: it measures the tree in PYTHONPATH, which may be another revision's. A tree with a
program of its own is measured with that, since modules move; so never remove or change what is said on the pipe.
"""

import asyncio
import ctypes
import gc
import inspect
import json
import logging
import os
import resource
import selectors
import struct
import sys
import time
from pathlib import Path
from typing import Any

from sfu.codecs import Codec
from sfu.net.server import MediaServer
from sfu.plane import SlotWish
from sfu.relay import Relay
from sfu.router import Router
from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire import extensions
from sfu.wire.rtp import Mid, Rid

PROTOCOL = 1
RECONCILE_INTERVAL = 0.25

_VP8, _OPUS = Codec("VP8", 96, 90000, 97), Codec("opus", 111, 48000)
_EXTENSION_IDS = {1: extensions.TRANSPORT_WIDE, 2: extensions.MID, 3: extensions.RID}
_BY_URI = {uri: number for number, uri in _EXTENSION_IDS.items()}
_SEND = Mid("send")
_record = struct.Struct("!BH")
"""A record in a file of datagrams: the sender, and the size."""


class TurnSelector(selectors.DefaultSelector):
    """Measures the turns of an event loop: the work between two polls of its sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.cpu = self.longest_cpu = self.longest = 0.0
        self._cpu = self._clock = 0.0
        self._withheld = 0
        self._schedstat = -1

    def watch(self) -> None:
        """Begin to measure; called in the loop's thread."""
        if self._schedstat < 0 and sys.platform == "linux":
            self._schedstat = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        self.turns, self.cpu, self.longest_cpu, self.longest = 0, 0.0, 0.0, 0.0
        self._begin()

    def _waited(self) -> int:
        return int(os.pread(self._schedstat, 64, 0).split()[1]) if self._schedstat >= 0 else 0

    def _begin(self) -> None:
        self._withheld = self._waited()
        self._cpu, self._clock = time.thread_time(), time.perf_counter()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._clock:
            cpu, whole = time.thread_time() - self._cpu, time.perf_counter() - self._clock
            self.turns += 1
            self.cpu += cpu
            self.longest_cpu = max(self.longest_cpu, cpu)
            if whole > self.longest:
                # The time in which others had the core while this thread could have run.
                self.longest = max(self.longest, whole - (self._waited() - self._withheld) / 1e9)
        found = super().select(timeout)
        if self._clock:
            self._begin()
        return found


def _memory() -> int:
    """Bytes that no other process shares; Linux only. Free memory that isn't returned yet doesn't count."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/smaps_rollup") as file:
        fields = dict(line.split(":") for line in file if ":" in line and "-" not in line.split(":")[0])
    return sum(int(fields[name].split()[0]) * 1024 for name in ("Private_Clean", "Private_Dirty"))


class Commands:
    """The commands; they run inside the event loop. There is one room."""

    def __init__(self, media: MediaServer, selector: TurnSelector) -> None:
        self._media = media
        self._router = Router()
        self._selector = selector
        self._transports: dict[str, Any] = {}

    def reconcile(self) -> None:
        self._router.reconcile(self._media.now())
        self._media.wake()

    def tick(self) -> None:
        self._router.listen(self._media.now())
        self.reconcile()

    def changed(self) -> None:
        self._router.reconcile(self._media.now())

    def add(self, name: str, remote: list[str], peer: list[str], sends: str, videos: int, audios: int) -> list[str]:
        """Add a participant who sends nothing (""), one stream ("single") or three ("simulcast"); returns the relay's
        ICE credentials.
        """
        transport = self._media.relay.add(Credentials(*remote), Fingerprint(*peer), self._media.now())
        rids = (Rid("q"), Rid("h"), Rid("f")) if sends == "simulcast" else ()
        sections = [SendSection(_SEND, "video", {96: _VP8}, rids)] if sends else []
        receives = [ReceiveSection(Mid(str(n)), "video", {"VP8": _VP8}, _BY_URI) for n in range(videos)]
        receives += [ReceiveSection(Mid(f"a{n}"), "audio", {"opus": _OPUS}, _BY_URI) for n in range(audios)]
        transport.negotiate(sections, receives, _EXTENSION_IDS)
        self._transports[name] = transport
        self._router.join(name, transport)
        if sends:
            self._router.publish(name, _SEND, "camera", muted=False, heights={})
        local = transport.ice.local
        return [local.ufrag, local.password]

    def watch(self, name: str, publishers: list[str]) -> None:
        self._router.watch(name, [SlotWish(Mid(str(n)), f"{p}.camera", 720) for n, p in enumerate(publishers)])

    def usage(self) -> dict[str, Any]:
        relay = self._media.relay
        return {"received": relay.received, "forwarded": relay.forwarded, "drops": dict(relay.drops)}

    def replay(self, path: str, senders: list[str], at_once: int) -> list[float]:
        """Take datagrams from a file, `at_once` before each flush; returns packets forwarded, seconds of CPU."""
        data, at, datagrams = Path(path).read_bytes(), 0, []
        while at < len(data):
            number, size = _record.unpack_from(data, at)
            at += _record.size
            datagrams.append((data[at : at + size], self._transports[senders[number]].ice.address))
            at += size
        relay, now = self._media.relay, self._media.now()
        target, receive, before = relay.buffer.data, relay.receive, relay.forwarded
        cpu = time.thread_time()
        for first in range(0, len(datagrams), at_once):
            for datagram, address in datagrams[first : first + at_once]:
                target[: len(datagram)] = datagram
                receive(len(datagram), address, now)
            relay.flush(now, _nowhere)
        cpu = time.thread_time() - cpu
        return [relay.forwarded - before, cpu]

    def begin_turns(self) -> None:
        """Measure the event loop's turns from now on."""
        self._selector.watch()

    def turns(self) -> dict[str, float]:
        """Since `begin_turns`: seconds of CPU, in all and of the longest turn, and the longest block of the loop."""
        found = self._selector
        return {"cpu": found.cpu, "longest_cpu": found.longest_cpu, "longest": found.longest, "turns": found.turns}

    def state(self) -> dict[str, float]:
        """Counts that grow if something leaks, and datagrams that the kernel dropped."""
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * resource.getpagesize()
        kernel = getattr(self._media, "socket_stats", None)
        unsent = 0 if kernel is None else sum(kernel.unsent.values())
        return {
            "rss": resident,
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": len(asyncio.all_tasks()),
            "transports": len(self._media.relay.transports),
            "overflows": 0 if kernel is None else kernel.overflows,
            "unsent": unsent,
        }

    def memory(self) -> int:
        """Bytes of memory that are the process's own."""
        return _memory()

    def freeze(self) -> None:
        gc.collect()
        gc.freeze()


def _nowhere(data: Any, segment: int, address: Any) -> None:
    """Take the datagrams of `replay`."""


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def _obey(commands: Commands) -> None:
    """Carry out commands until the pipe is closed."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def command() -> None:
        line = sys.stdin.readline()
        if not line:
            stopped.set()
            return
        name, *arguments = json.loads(line)
        _say({"result": getattr(commands, name)(*arguments)})

    async def tick() -> None:
        while True:
            await asyncio.sleep(RECONCILE_INTERVAL)
            commands.tick()

    loop.add_reader(sys.stdin.fileno(), command)
    ticker = asyncio.create_task(tick())
    await stopped.wait()
    ticker.cancel()
    loop.remove_reader(sys.stdin.fileno())


def _hello(media: MediaServer, **more: Any) -> None:
    certificate = media.relay.certificate.fingerprint
    fingerprint = [certificate.algorithm, certificate.value]
    root = str(Path(inspect.getfile(Relay)).resolve().parent.parent)
    _say({"protocol": PROTOCOL, "root": root, "fingerprint": fingerprint, "media_port": media.port, **more})


async def _relay(host: str, selector: TurnSelector) -> None:
    media = MediaServer(Relay())
    commands = Commands(media, selector)

    def changed() -> None:
        media.relay.changed.clear()
        commands.changed()

    media.on_change = changed
    media.start(host, 0)
    _hello(media)
    await _obey(commands)
    media.close()


async def _server(host: str, selector: TurnSelector, data: Path) -> None:
    from web.app import Server
    from web.config import Settings

    server = Server(Settings(host=host, port=0, media_port=0, data=data, rate_limits=False))
    await server.start()
    media, commands = server.media, Commands(server.media, selector)
    tell_rooms = media.on_change

    def changed() -> None:
        if tell_rooms is not None:
            tell_rooms()
        commands.changed()

    media.on_change = changed
    _hello(media, port=server.port)
    await _obey(commands)
    await server.stop()


def main(kind: str, host: str, core: str, data: str = "") -> None:
    """Run until the pipe is closed."""
    logging.basicConfig(level=logging.WARNING)
    if core:
        os.sched_setaffinity(0, {int(core)})
    selector = TurnSelector()
    program = _relay(host, selector) if kind == "relay" else _server(host, selector, Path(data))
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(program)


if __name__ == "__main__":
    main(*sys.argv[1:])
