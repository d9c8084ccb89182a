"""The same load through Janus's VideoRoom, for a ratio: Debian's package `janus`, its HTTP API on loopback."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from sfu.dtls import Certificate, Fingerprint
from sfu.ice_lite import Credentials
from signaling import sdp
from tests.bench.load import Peer, settle

PORT = 18088
HOST = "10.77.0.1"
"""Janus offers no loopback address; this one is of an interface in a network namespace made for the run."""

API = f"http://127.0.0.1:{PORT}/janus"
_CONFIGURATION = Path("/etc/janus")


def installed() -> bool:
    """Whether Janus is there to be measured."""
    return shutil.which("janus") is not None and _CONFIGURATION.is_dir()


class JanusProcess:
    """A Janus of our own, on loopback, as ICE-lite as the relay is; its CPU time is read from /proc."""

    def __init__(self, core: int | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        shutil.copytree(_CONFIGURATION, folder, dirs_exist_ok=True)
        http = folder / "janus.transport.http.jcfg"
        http.write_text(http.read_text().replace("port = 8088", f"port = {PORT}"))


        command = ["janus", "-F", str(folder), "-o", "--debug-level=2", "-r", "20000-40000"]
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu(self) -> float:
        """CPU seconds so far, of all its threads."""
        with open(f"/proc/{self._process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)
        self._folder.cleanup()


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
        reply = await self._post(f"/{self._session}", janus="attach", plugin="janus.plugin.videoroom")
        return int(reply["data"]["id"])

    async def message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """Send a message to the plugin; its reply, or the event that follows."""
        extra = {"jsep": jsep} if jsep else {}
        reply = await self._post(f"/{self._session}/{handle}", janus="message", body=body, **extra)
        return reply if reply["janus"] == "success" else await self._queue(handle).get()


def _head(peer: Peer, bundle: list[str]) -> list[str]:
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


def _section(peer: Peer, mid: str, direction: str, ssrc: int | None = None) -> list[str]:
    host, port = peer.socket.getsockname()
    lines = [
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 127.0.0.1",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
    ]
    return lines if ssrc is None else [*lines, f"a=ssrc:{ssrc} cname:bench"]


def _connect(peer: Peer, text: str) -> None:
    """Go where a description of Janus says."""
    media = sdp.parse(text).media[0]
    candidate = next(line.split() for line in media.candidates if line.split()[2].lower() == "udp")
    peer.endpoint.connect(
        Credentials(media.ice_ufrag, media.ice_password),
        Fingerprint(*media.fingerprints[0]),
        (candidate[4], int(candidate[5])),
        time.monotonic(),
    )
    peer.flush()


async def _build(publishers: int, viewers: int) -> tuple[list[Peer], list[Peer]]:
    certificate, room = Certificate(), random.randint(1, 10**9)
    async with aiohttp.ClientSession() as http:
        api = _Api(http)
        poller = await api.start()
        await api.message(await api.attach(), {"request": "create", "room": room, "publishers": 100, "bitrate": 0})
        senders, receivers, feeds = [], [], []
        for number in range(publishers):
            peer, handle = Peer(f"p{number}", certificate, HOST), await api.attach()
            joined = await api.message(handle, {"request": "join", "ptype": "publisher", "room": room})
            feeds.append(joined["plugindata"]["data"]["id"])
            offer = "\r\n".join([*_head(peer, ["0"]), *_section(peer, "0", "sendonly", 1000 + number), ""])
            answer = await api.message(
                handle, {"request": "publish", "audio": False, "video": True}, {"type": "offer", "sdp": offer}
            )
            _connect(peer, answer["jsep"]["sdp"])
            settle([peer])
            senders.append(peer)
        for number in range(viewers):
            peer, handle = Peer(f"v{number}", certificate, HOST), await api.attach()
            streams = [{"feed": feed} for feed in feeds]
            event = await api.message(
                handle, {"request": "join", "ptype": "subscriber", "room": room, "streams": streams}
            )
            offer = event["jsep"]["sdp"]
            mids = [media.mid for media in sdp.parse(offer).media]
            sections = [line for mid in mids for line in _section(peer, mid, "recvonly")]
            answer_text = "\r\n".join([*_head(peer, mids), *sections, ""])
            await api.message(handle, {"request": "start"}, {"type": "answer", "sdp": answer_text})
            _connect(peer, offer)
            settle([peer])
            receivers.append(peer)
        poller.cancel()
        return senders, receivers


def connect(publishers: int, viewers: int) -> tuple[list[Peer], list[Peer]]:
    """Bring them all into one room of a running Janus. Janus keeps the session for a minute without being asked."""
    return asyncio.run(_build(publishers, viewers))
