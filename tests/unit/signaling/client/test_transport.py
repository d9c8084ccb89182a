"""Reports of the Python client about everything that it receives."""

import asyncio

import pytest

from sfu.wire import rtcp
from sfu.wire.rtcp import ReceiverReport, ReportBlock
from signaling.client.transport import MediaTransport


@pytest.mark.parametrize("streams", [0, 1, 31, 32, 64, 128])
def test_reports_on_any_number_of_streams_fit_every_path(monkeypatch: pytest.MonkeyPatch, streams: int) -> None:
    sent = asyncio.run(_reports(monkeypatch, streams))
    assert all(len(packet) <= rtcp.MAX_COMPOUND for packet in sent)
    found = [packet for compound in sent for packet in rtcp.parse(compound)]
    assert all(isinstance(packet, ReceiverReport) for packet in found)
    blocks = [block.ssrc for packet in found if isinstance(packet, ReceiverReport) for block in packet.reports]
    assert blocks == list(range(streams))


async def _reports(monkeypatch: pytest.MonkeyPatch, streams: int) -> list[bytes]:
    transport = MediaTransport(lambda _: None, lambda: None)
    sent: list[bytes] = []
    monkeypatch.setattr(transport.endpoint, "send_rtcp", sent.append)
    blocks = [ReportBlock(ssrc, 0, 0, 0, 0, 0, 0) for ssrc in range(streams)]
    monkeypatch.setattr(transport.reception, "reports", lambda _: blocks)
    transport._report(0.0)
    return sent
