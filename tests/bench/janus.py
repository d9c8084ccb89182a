"""The same load through Janus's VideoRoom, for a ratio: Debian's package `janus`, its HTTP API on loopback.

Janus offers no loopback address. So everything runs in a network namespace made for the run, which has an interface
with the address `HOST` and no way out.
"""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from sfu.endpoint import Endpoint
from sfu.secure.dtls import PROFILES, Certificate, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire import extensions
from signaling.sdp import description as sdp
from tests.bench.peers import Peer, settle

PORT = 18088
HOST = "10.77.0.1"
API = f"http://127.0.0.1:{PORT}/janus"
_CONFIGURATION = Path("/etc/janus")
_NAMESPACE = "MILANIO_BENCH_NAMESPACE"
"""Set in the environment of processes in the namespace."""

_PUBLISHED_IDS = {extensions.TRANSPORT_WIDE: 1, extensions.MID: 2}

_INTERFACE = (
    "ip link set lo up",
    "ip link add bench0 type veth peer name bench1",
    f"ip address add {HOST}/24 dev bench0",
    "ip link set bench0 up",
    "ip link set bench1 up",
)


def missing() -> str:
    """Why Janus can't be measured here; empty if it can."""
    if shutil.which("janus") is None or not _CONFIGURATION.is_dir():
        return "Janus is not installed (Debian's package janus)"
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            return f"Janus needs a network namespace, and there is no command {tool}"
    if in_namespace():
        return ""
    made = subprocess.run(["unshare", "-r", "-n", "sh", "-ec", "; ".join(_INTERFACE)], capture_output=True, check=False)
    return "" if made.returncode == 0 else "Janus needs a network namespace, and this user can't make one"


def in_namespace() -> bool:
    """Whether `run_in_namespace` has started this process."""
    return _NAMESPACE in os.environ


def run_in_namespace(command: list[str]) -> int:
    """Run a command in a namespace of its own that has the interface; returns its exit status."""
    script = "; ".join((*_INTERFACE, 'exec "$@"'))
    environment = {**os.environ, _NAMESPACE: "1"}
    return subprocess.run(
        ["unshare", "-r", "-n", "sh", "-ec", script, "sh", *command], env=environment, check=False
    ).returncode


class JanusProcess:
    """A Janus process, with its configuration in a folder of its own."""

    def __init__(self, core: int | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        shutil.copytree(_CONFIGURATION, folder, dirs_exist_ok=True)
        http = folder / "janus.transport.http.jcfg"
        http.write_text(http.read_text().replace("port = 8088", f"port = {PORT}"))
        main = folder / "janus.jcfg"
        main.write_text(main.read_text().replace("#session_timeout = 60", "session_timeout = 0"))
        command = ["janus", "-F", str(folder), "-o", "--debug-level=2", "-r", "20000-40000"]
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    @property
    def pid(self) -> int:
        """The process id of Janus itself: `taskset` replaces itself by it."""
        return self._process.pid

    def stop(self) -> None:
        """Stop Janus."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def version() -> str:
    """The version of the installed Janus."""
    printed = subprocess.run(["janus", "--help"], capture_output=True, text=True, check=False).stdout
    return next((line.partition(": ")[2] for line in printed.splitlines() if "version" in line), "unknown")


class _Api:
    """The few requests that a room needs."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._session = 0
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        body["transaction"] = str(random.random())
        async with self._http.post(API + path, json=body) as response:
            reply: dict[str, Any] = await response.json()
            return reply

    async def start(self) -> asyncio.Task[None]:
        """Make a session as soon as Janus listens; returns the task that fetches its events."""
        deadline = time.monotonic() + 10
        while True:
            try:
                self._session = (await self._post("", janus="create"))["data"]["id"]
                return asyncio.create_task(self._poll())
            except aiohttp.ClientError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def _poll(self) -> None:
        while True:
            async with self._http.get(f"{API}/{self._session}?maxev=10") as response:
                for event in await response.json():
                    if event["janus"] == "event":
                        self._queue(event["sender"]).put_nowait(event)

    def _queue(self, handle: int) -> "asyncio.Queue[dict[str, Any]]":
        return self._events.setdefault(handle, asyncio.Queue())

    async def attach(self) -> int:
        """Make a new handle of the plugin."""
        reply = await self._post(f"/{self._session}", janus="attach", plugin="janus.plugin.videoroom")
        return int(reply["data"]["id"])

    async def message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """Send a message to the plugin; returns its reply, or the event that follows."""
        extra = {"jsep": jsep} if jsep else {}
        reply = await self._post(f"/{self._session}/{handle}", janus="message", body=body, **extra)
        return reply if reply["janus"] == "success" else await self._queue(handle).get()


class Described(Protocol):
    """What a description tells of a client."""

    @property
    def endpoint(self) -> Endpoint:
        """Its credentials and certificate."""

    @property
    def socket(self) -> socket.socket:
        """Where it can be reached."""


def _head(peer: Described, bundle: list[str]) -> list[str]:
    certificate = peer.endpoint.certificate.fingerprint
    return [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(bundle)}",
        f"a=ice-ufrag:{peer.endpoint.local.ufrag}",
        f"a=ice-pwd:{peer.endpoint.local.password}",
        f"a=fingerprint:{certificate.algorithm} {certificate.value}",
        "a=setup:active",
    ]


def _section(peer: Described, mid: str, direction: str, ids: dict[str, int], ssrc: int | None = None) -> list[str]:
    """Retransmissions and transport-wide feedback are on, as in the relay, with these extension ids. It has a
    candidate: Janus waits for one.
    """
    host, port = peer.socket.getsockname()
    lines = [
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 127.0.0.1",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        *(f"a=extmap:{number} {name}" for name, number in ids.items()),
        "a=rtpmap:96 VP8/90000",
        *(f"a=rtcp-fb:96 {kind}" for kind in ("nack", "nack pli", "transport-cc")),
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
    ]
    return lines if ssrc is None else [*lines, f"a=ssrc:{ssrc} cname:bench"]


def _ids(media: sdp.MediaDescription) -> dict[str, int]:
    """The extension ids of an offer that the load uses."""
    return {name: number for number, name in media.extensions.items() if name in _PUBLISHED_IDS}


def _go_to(peer: Peer, text: str) -> None:
    """Connect to the address in a description of Janus."""
    media = sdp.parse(text).media[0]
    candidate = next(line.split() for line in media.candidates if line.split()[2].lower() == "udp")
    peer.endpoint.connect(
        Credentials(media.ice_ufrag, media.ice_password),
        Fingerprint(*media.fingerprints[0]),
        (candidate[4], int(candidate[5])),
        time.monotonic(),
    )
    peer.flush()


async def _publish(api: _Api, room: int, peer: Peer, ssrc: int) -> int:
    """Connect a publisher; returns the id of its feed."""
    handle = await api.attach()
    joined = await api.message(handle, {"request": "join", "ptype": "publisher", "room": room})
    offer = "\r\n".join([*_head(peer, ["0"]), *_section(peer, "0", "sendonly", _PUBLISHED_IDS, ssrc), ""])
    request = {"request": "publish", "audio": False, "video": True}
    answer = await api.message(handle, request, {"type": "offer", "sdp": offer})
    _go_to(peer, answer["jsep"]["sdp"])
    settle([peer])
    return int(joined["plugindata"]["data"]["id"])


async def _subscribe(api: _Api, room: int, peer: Peer, feeds: list[int]) -> None:
    """Connect a viewer of all feeds."""
    handle = await api.attach()
    streams = [{"feed": feed} for feed in feeds]
    event = await api.message(handle, {"request": "join", "ptype": "subscriber", "room": room, "streams": streams})
    offer = event["jsep"]["sdp"]
    media = sdp.parse(offer).media
    mids = [each.mid for each in media]
    sections = [line for each in media for line in _section(peer, each.mid, "recvonly", _ids(each))]
    answer = "\r\n".join([*_head(peer, mids), *sections, ""])
    await api.message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
    # The offerer is controlling, and so is each of our endpoints: the larger number wins (RFC 8445, section 7.3.1.1).
    peer.endpoint._tie_breaker = (1 << 64) - 1
    _go_to(peer, offer)
    settle([peer])


async def _build(publishers: int, viewers: int) -> tuple[list[Peer], list[Peer]]:
    certificate, room = Certificate(), random.randint(1, 10**9)
    # As DTLS server Janus would choose AES-256, which takes a little longer than the relay's choice.
    certificate.context.set_tlsext_use_srtp(PROFILES[0].name)
    senders = [Peer(f"p{number}", certificate, HOST) for number in range(publishers)]
    receivers = [Peer(f"v{number}", certificate, HOST) for number in range(viewers)]
    async with aiohttp.ClientSession() as http:
        api = _Api(http)
        poller = await api.start()
        await api.message(await api.attach(), {"request": "create", "room": room, "publishers": 100, "bitrate": 0})
        feeds = [await _publish(api, room, peer, 1000 + number) for number, peer in enumerate(senders)]
        for peer in receivers:
            await _subscribe(api, room, peer, feeds)
        poller.cancel()
    return senders, receivers


def connect(publishers: int, viewers: int) -> tuple[list[Peer], list[Peer]]:
    """Connect them all to one room of a running Janus. Raises `TimeoutError`, `aiohttp.ClientError`."""
    return asyncio.run(_build(publishers, viewers))
