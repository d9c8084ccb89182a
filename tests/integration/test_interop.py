"""An independent WebRTC implementation, aiortc's whole endpoint, in a room: other code than ours on the far side."""

import asyncio
from fractions import Fraction
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from signaling.messages import SUBPROTOCOL
from tests import times
from web.app import Server

pytestmark = pytest.mark.asyncio


class _Grey(MediaStreamTrack):
    """Pictures of one brightness, 20 a second."""

    kind = "video"

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._picture = np.full((120, 160, 3), brightness, np.uint8)
        self._count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(0.05)
        frame = VideoFrame.from_ndarray(self._picture, format="bgr24")
        frame.pts, frame.time_base = self._count * 4500, Fraction(1, 90000)
        self._count += 1
        return frame


class _Peer:
    """Joins by hand, message by message."""

    def __init__(self, http: aiohttp.ClientSession, url: str, brightness: int) -> None:
        self._http, self._url = http, url
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTransceiver(_Grey(brightness), direction="sendonly")
        self._receiver = self._connection.addTransceiver("video", direction="recvonly").receiver
        self._next_id = 0

    async def _ask(self, **message: Any) -> Any:
        self._next_id += 1
        await self._socket.send_json({"id": self._next_id, **message})
        while True:
            reply = await self._socket.receive_json(timeout=times.seconds(10))
            if reply["type"] != "event":
                assert reply["type"] == "ok", reply
                return reply["result"]

    async def join(self, code: str) -> str:
        """Join and publish; the publication's id."""
        body = {"code": code, "name": "aiortc"}
        async with self._http.post(f"{self._url}/api/rooms/join", json=body) as response:
            token = (await response.json())["token"]
        self._socket = await self._http.ws_connect(f"{self._url}/ws", protocols=(SUBPROTOCOL,))
        welcome = await self._ask(type="join", token=token)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        answer = await self._ask(type="offer", sdp=self._connection.localDescription.sdp)
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        await self._ask(type="publish", mid="0", source="camera", width=160, height=120)
        return f"{welcome['you']['id']}.camera"

    async def watch(self, publication: str) -> None:
        await self._ask(type="watch", slots=[{"slot": "1", "publication": publication, "height": 120}])

    async def brightness(self) -> float:
        """Decode a picture; how bright it is."""
        frame = await asyncio.wait_for(self._receiver.track.recv(), times.seconds(20))
        assert isinstance(frame, VideoFrame)
        return float(frame.to_ndarray(format="gray").mean())

    async def close(self) -> None:
        await self._connection.close()
        await self._socket.close()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint's ICE leaves loopback out when it looks for addresses; here it is all there is."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])


async def test_two_aiortc_endpoints_decode_each_others_pictures(server: Server, url: str) -> None:
    assert server.signaling is not None
    code = server.signaling.registry.create("", server.media.now()).code
    async with aiohttp.ClientSession() as http:
        dark, bright = _Peer(http, url, 60), _Peer(http, url, 200)
        dark_camera, bright_camera = await dark.join(code), await bright.join(code)
        await dark.watch(bright_camera)
        await bright.watch(dark_camera)
        for _ in range(5):
            assert abs(await dark.brightness() - 200) < 25
            assert abs(await bright.brightness() - 60) < 25
        await dark.close()
        await bright.close()
