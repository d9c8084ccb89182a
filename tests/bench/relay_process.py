"""The real relay, on its own UDP port in a process of its own, told by a pipe whom to connect with whom."""

import asyncio
import gc
import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from sfu import extensions
from sfu.codecs import Codec
from sfu.dtls import Fingerprint
from sfu.ice_lite import Credentials
from sfu.publication import SendSection
from sfu.relay import Relay
from sfu.router import Router, SlotWish
from sfu.rtp import Mid, Rid
from sfu.server import MediaServer
from sfu.slot import ReceiveSection
from sfu.stun import Address

VP8 = Codec("VP8", 96, 90000, 97)
OPUS = Codec("opus", 111, 48000)
EXTENSION_IDS = {1: extensions.TRANSPORT_WIDE, 2: extensions.MID, 3: extensions.RID}
_BY_URI = {uri: number for number, uri in EXTENSION_IDS.items()}
PUBLISH_MID = Mid("send")
RIDS = (Rid("q"), Rid("h"), Rid("f"))


@dataclass(frozen=True, slots=True)
class Usage:
    """Of the relay: datagrams received and packets forwarded so far, drops by reason."""

    received: int
    forwarded: int
    drops: dict[str, int]


def _memory() -> int:
    """Bytes that no other process shares; Linux only."""
    gc.collect()
    with open("/proc/self/smaps_rollup") as file:
        fields = dict(line.split(":") for line in file if ":" in line and "-" not in line.split(":")[0])
    return sum(int(fields[name].split()[0]) * 1024 for name in ("Private_Clean", "Private_Dirty"))


class _Commands:
    """What the pipe can ask for; runs inside the relay's event loop."""

    def __init__(self, media: MediaServer, router: Router) -> None:
        self.media = media
        self.router = router

    def add(
        self, name: str, remote: Credentials, peer: Fingerprint, sends: str, videos: int, audios: int
    ) -> Credentials:
        """A participant who sends nothing (""), one stream ("single") or three ("simulcast"); its ICE credentials."""
        transport = self.media.relay.add(remote, peer, self.media.now())
        rids = RIDS if sends == "simulcast" else ()
        sections = [SendSection(PUBLISH_MID, "video", {96: VP8}, rids)] if sends else []
        receives = [ReceiveSection(Mid(str(n)), "video", {"VP8": VP8}, _BY_URI) for n in range(videos)]
        receives += [ReceiveSection(Mid(f"a{n}"), "audio", {"opus": OPUS}, _BY_URI) for n in range(audios)]
        transport.negotiate(sections, receives, EXTENSION_IDS)
        self.router.join(name, transport)
        if sends:
            self.router.publish(name, PUBLISH_MID, "camera", muted=False, heights={})
        return transport.ice.local

    def watch(self, name: str, publishers: list[str]) -> None:
        self.router.watch(name, [SlotWish(Mid(str(n)), f"{p}.camera", 720) for n, p in enumerate(publishers)])

    def reconcile(self) -> None:
        self.router.reconcile(self.media.now())
        self.media.wake()

    def usage(self) -> Usage:
        relay = self.media.relay
        return Usage(relay.received, relay.forwarded, dict(relay.drops))

    def memory(self) -> int:
        """Bytes of memory that are the process's own."""
        return _memory()

    def freeze(self) -> None:
        gc.collect()
        gc.freeze()


async def _serve(pipe: Connection, host: str) -> None:
    relay, router = Relay(), Router()
    media = MediaServer(relay)

    def changed() -> None:
        relay.changed.clear()
        router.reconcile(media.now())

    media.on_change = changed
    media.start(host, 0)
    commands, stopped = _Commands(media, router), asyncio.Event()

    def command() -> None:
        name, arguments = pipe.recv()
        if name == "stop":
            stopped.set()
        else:
            pipe.send(getattr(commands, name)(*arguments))

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.25)
            router.listen(media.now())
            router.reconcile(media.now())
            media.wake()

    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), command)
    ticker = asyncio.create_task(tick())
    pipe.send((relay.certificate.fingerprint, media.port))
    await stopped.wait()
    ticker.cancel()
    loop.remove_reader(pipe.fileno())
    media.close()


def _main(pipe: Connection, core: int | None, host: str) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    asyncio.run(_serve(pipe, host))


class RelayProcess:
    """A handle on the process; `fingerprint` and `address` are what clients need."""

    def __init__(self, core: int | None = None, host: str = "127.0.0.1") -> None:
        """Start it, bound to a core where one is given."""
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_main, args=(theirs, core, host))
        self._process.start()
        self.fingerprint, port = self._pipe.recv()
        self.address: Address = (host, port)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def call(self, name: str, *arguments: Any) -> Any:
        """Ask for one of the commands; its result."""
        self._pipe.send((name, arguments))
        return self._pipe.recv()

    def stop(self) -> None:
        """End it."""
        self._pipe.send(("stop", ()))
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
