"""Strangers and participants who send seeded rubbish to a server; the last inputs are kept.

They run in a process of their own, which `hostile` starts.
"""

import asyncio
import json
import multiprocessing
import random
import socket
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from sfu.secure.srtp import SrtpError
from sfu.wire import rtcp, rtp, stun
from sfu.wire.stun import Address
from signaling.client import Client, ClientError, ClientOptions
from signaling.messages import SUBPROTOCOL
from tests.bench.media import Camera, Microphone
from tests.fuzz.mutate import mutate, mutate_text
from tests.fuzz.targets import TARGETS

_KEPT = 2000
"""Inputs of each kind that are kept."""
_PAUSE = 0.02
"""Seconds between inputs of one kind, or handfuls of them. The honest people need some of the two cores."""
_LARGEST = 1400

_CORPUS = {target.name: target.corpus for target in TARGETS}
_GONE = (aiohttp.ClientError, OSError, ClientError, TimeoutError, asyncio.IncompleteReadError, SrtpError)
"""Errors to expect when rubbish is refused, by the server or by the sender's own libsrtp."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The targets of the rubbish: the server's URL, its media address, the honest people's room, and another one."""

    url: str
    media: Address
    watched: str
    other: str


class _Hostile:
    def __init__(self, aim: Aim, seed: int) -> None:
        self.aim = aim
        self.sent: dict[str, int] = {}
        self.kept: dict[str, deque[bytes]] = {}
        self._seed = seed

    def rng(self, kind: str) -> random.Random:
        return random.Random(f"{self._seed} {kind}")

    def note(self, kind: str, data: bytes) -> bytes:
        self.sent[kind] = self.sent.get(kind, 0) + 1
        self.kept.setdefault(kind, deque(maxlen=_KEPT)).append(data)
        return data

    def all(self) -> list[Callable[[], Awaitable[None]]]:
        """All senders of rubbish; each runs until cancelled."""
        rooms = {"watched": self.aim.watched, "other": self.aim.other}
        return [
            self.noise,
            *(lambda room=room, code=code: self.member(room, code) for room, code in rooms.items()),
            *(lambda room=room, code=code: self.talker(room, code) for room, code in rooms.items()),
            self.requests,
            self.streams,
        ]

    async def noise(self) -> None:
        """Send datagrams from unknown addresses."""
        rng = self.rng("noise")
        corpus = [each for name in ("stun", "rtp", "rtcp", "dtls") for each in _CORPUS[name]]
        sockets = []
        for _ in range(8):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sockets.append(sock)
        try:
            while True:
                for _ in range(5):
                    data = mutate(rng.choice(corpus), corpus, rng)[:_LARGEST]
                    with suppress(OSError):
                        rng.choice(sockets).sendto(self.note("noise", data), self.aim.media)
                await asyncio.sleep(_PAUSE)
        finally:
            for sock in sockets:
                sock.close()

    async def member(self, room: str, code: str) -> None:
        """Act as a member with keys, whose RTP, RTCP, STUN and DTLS are rubbish."""
        rng, kind = self.rng(f"member {room}"), f"member {room}"
        while True:
            with suppress(*_GONE):
                options = ClientOptions(audio_slots=4, video_slots=2, simulcast=True)
                async with Client(self.aim.url, code, "Mallory", options) as client:
                    await client.publish(Microphone(40))
                    await client.publish(Camera())
                    with suppress(ClientError):
                        for publication in list(client.publications):
                            await client.watch(publication, height=rng.choice((90, 180, 720)))
                    for _ in range(rng.randrange(200, 2000)):
                        if client.failure is not None:
                            break
                        self._misbehave(client, rng, kind)
                        await asyncio.sleep(_PAUSE)
            await asyncio.sleep(0.2)

    def _misbehave(self, client: Client, rng: random.Random, kind: str) -> None:
        transport = client._transport
        if transport is None or not transport.players:
            return
        endpoint = transport.endpoint
        ssrcs = [player.stream.ssrc for player in transport.players]
        ssrcs += [slot.ssrc for slot in client.slots.values()]
        for _ in range(rng.randrange(1, 6)):
            ssrc = rng.choice((*ssrcs, rng.getrandbits(32)))
            with suppress(SrtpError):
                match rng.randrange(5):
                    case 0 | 1:
                        ids = {1: rng.choice((b"0", b"1", b"9")), 2: rng.choice((b"q", b"h", b"f", b"x"))}
                        types = (96, 97, 111, 98, rng.randrange(128))
                        body = rng.choice(_CORPUS["vp8"] + _CORPUS["codecs"] + _CORPUS["red"])
                        stream = rng.choice(transport.players).stream
                        if rng.random() < 0.5:  # continues from its valid packets
                            ssrc, seq, stream._seq = stream.ssrc, stream._seq, (stream._seq + 1) & 0xFFFF
                        else:
                            seq = rng.getrandbits(16)
                        packet = rtp.build_packet(
                            rng.choice(types), seq, rng.getrandbits(32), ssrc, body, extensions=ids
                        )
                        if rng.random() < 0.7:
                            packet = mutate(packet, [packet], rng)[: _LARGEST - 100]
                        if len(packet) >= rtp.HEADER_SIZE:
                            endpoint.send_rtp(self.note(kind, packet))
                    case 2 | 3:
                        known = [
                            rtcp.build_nack(1, ssrc, [rng.getrandbits(16) for _ in range(rng.randrange(1, 40))]),
                            rtcp.build_pli(1, ssrc),
                            *_CORPUS["rtcp"],
                        ]
                        packet = mutate(rng.choice(known), known, rng)[: _LARGEST - 100]
                        if len(packet) >= 8:
                            endpoint.send_rtcp(self.note(kind, packet))
                    case _:
                        assert endpoint.remote is not None
                        user = f"{endpoint.remote.ufrag}:{endpoint.local.ufrag}"
                        check = stun.build_request(
                            user, endpoint.remote.password, priority=1, tie_breaker=1, nominate=True
                        )
                        known = [check, *_CORPUS["dtls"], *endpoint.outgoing[-1:]]
                        data = mutate(rng.choice(known), known, rng)[:_LARGEST]
                        endpoint.outgoing.append(self.note(kind, data))
        transport.wake()

    async def talker(self, room: str, code: str) -> None:
        """Act as a participant whose messages are rubbish, some of them after valid ones."""
        rng, kind = self.rng(f"talker {room}"), f"talker {room}"
        valid = [each.decode() for each in _CORPUS["messages"]]
        while True:
            with suppress(*_GONE):
                async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
                    body = {"code": code, "name": "Trudy"}
                    async with session.post(f"{self.aim.url}/api/rooms/join", json=body) as answer:
                        token = (await answer.json()).get("token", "")
                    async with session.ws_connect(f"{self.aim.url}/ws", protocols=(SUBPROTOCOL,)) as socket_:
                        if rng.random() < 0.9:
                            await socket_.send_str(json.dumps({"id": 1, "type": "join", "token": token}))
                        for _ in range(rng.randrange(20, 400)):
                            text = rng.choice(valid)
                            if rng.random() < 0.8:
                                text = mutate_text(text, valid, rng)
                            data = self.note(kind, text.encode(errors="replace")[:300_000])
                            if rng.random() < 0.97:
                                await socket_.send_str(data.decode(errors="replace"))
                            else:
                                await socket_.send_bytes(data)
                            with suppress(TimeoutError):
                                message = await socket_.receive(timeout=2 * _PAUSE)
                                if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                                    break
            await asyncio.sleep(0.1)

    async def requests(self) -> None:
        """Send HTTP requests with odd paths, methods, headers and bodies."""
        rng = self.rng("requests")
        paths = [
            *("/", "/ws", "/metrics", "/r/abcde-fghjk-mnpqr", "/assets/x.js"),
            *("/api/rooms/join", "/api/rooms/create", "/api/auth/login", "/api/auth/register", "/api/users/profile"),
            *("/api/health", "/api/docs"),
        ]
        bodies = [json.dumps({"code": self.aim.other, "name": "x"}), '{"email": "a@b.c", "password": "x"}', "{}"]
        while True:
            with suppress(*_GONE, ValueError):
                async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
                    for _ in range(50):
                        path = rng.choice(paths) if rng.random() < 0.5 else mutate_text(rng.choice(paths), paths, rng)
                        body = mutate_text(rng.choice(bodies), bodies, rng)
                        method = rng.choice(("GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"))
                        self.note("requests", f"{method} {path}\n{body}".encode(errors="replace"))
                        headers = {
                            "Content-Type": rng.choice(("application/json", "text/plain", "multipart/form-data"))
                        }
                        url = f"{self.aim.url}/{path.lstrip('/')}"
                        async with session.request(method, url, data=body.encode(), headers=headers) as answer:
                            await answer.read()
                        await asyncio.sleep(_PAUSE)
            await asyncio.sleep(_PAUSE)

    async def streams(self) -> None:
        """Send bytes on TCP connections: cut and mutated requests, and invalid WebSocket frames."""
        rng, aim = self.rng("streams"), urlsplit(self.aim.url)
        assert aim.hostname is not None
        head = f"Host: {aim.netloc}\r\n"
        upgrade = (
            f"GET /ws HTTP/1.1\r\n{head}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        ).encode()
        frames = [b"\x81\x85mask" + bytes(5), b"\x82\x7e\xff\xff" + bytes(300), b"\x89\x00", b"\x88\x82mask\x03\xe8"]
        known = [
            f"GET / HTTP/1.1\r\n{head}\r\n".encode(),
            f"POST /api/rooms/join HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode(),
            f"POST / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n".encode(),
            upgrade,
        ]
        while True:
            with suppress(*_GONE):
                reader, writer = await asyncio.open_connection(aim.hostname, aim.port)
                try:
                    data = mutate(rng.choice(known), known, rng)
                    if rng.random() < 0.4:
                        data = upgrade + b"".join(mutate(rng.choice(frames), frames, rng) for _ in range(4))
                    writer.write(self.note("streams", data))
                    await writer.drain()
                    async with asyncio.timeout(0.3):
                        while await reader.read(65_536):
                            pass
                finally:
                    writer.close()
                    with suppress(*_GONE):
                        await writer.wait_closed()
            await asyncio.sleep(_PAUSE)


async def _obey(pipe: Connection, aim: Aim, seed: int) -> None:
    someone, loop = _Hostile(aim, seed), asyncio.get_running_loop()
    # The client's own timer may fail because rubbish was sent under its numbers; that isn't the server's fault.
    loop.set_exception_handler(lambda _, context: None)
    tasks: list[asyncio.Task[None]] = []
    commands: asyncio.Queue[str] = asyncio.Queue()
    loop.add_reader(pipe.fileno(), lambda: commands.put_nowait(pipe.recv()))
    while (command := await commands.get()) != "stop":
        if command == "kept":
            pipe.send(someone.kept)
        elif command == "go":
            tasks = [asyncio.ensure_future(each()) for each in someone.all()]
        else:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            broken = [each for each in results if isinstance(each, Exception)]
            pipe.send((someone.sent, ["".join(traceback.format_exception(each)) for each in broken]))
    loop.remove_reader(pipe.fileno())


def _main(pipe: Connection, aim: Aim, seed: int) -> None:
    asyncio.run(_obey(pipe, aim, seed))


class Hostile:
    """A handle for the process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.sent: dict[str, int] = {}

    def go(self) -> None:
        """Start, or resume with other people of the same kinds."""
        self._pipe.send("go")

    def pause(self) -> None:
        """Let everyone leave; `sent` counts their inputs."""
        self._pipe.send("pause")
        self.sent, broken = self._pipe.recv()
        assert not broken, broken[0]

    def keep(self, folder: Path) -> None:
        """Write the last inputs to files. Not in each round: it's so much that the honest people would wait."""
        self._pipe.send("kept")
        kept: dict[str, deque[bytes]] = self._pipe.recv()
        folder.mkdir(parents=True, exist_ok=True)
        for kind, inputs in kept.items():
            lines = "".join(f"{data.hex()}\n" for data in inputs)
            (folder / f"{kind.replace(' ', '-')}.hex").write_text(lines)

    def stop(self) -> None:
        self._pipe.send("stop")


@contextmanager
def hostile(aim: Aim, seed: int) -> Iterator[Hostile]:
    """Start the process, which ends with the block."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs, aim, seed), daemon=True)
    process.start()
    found = Hostile(pipe)
    try:
        yield found
    finally:
        with suppress(OSError):
            found.stop()
        process.join(10)
        if process.is_alive():
            process.kill()
