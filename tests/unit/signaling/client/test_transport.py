"""Reports of the Python client about everything that it receives, and what it can't send."""

import asyncio
import errno

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


class _Socket:
    """Refuses what is sent, each time by another error."""

    def __init__(self, *errors: OSError) -> None:
        self._errors = list(errors)

    def send(self, _: bytes) -> int:
        raise self._errors.pop(0)

    def close(self) -> None:
        pass


@pytest.mark.asyncio
async def test_a_relay_that_is_gone_is_no_fault_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = MediaTransport(lambda _: None)
    refusing = _Socket(ConnectionRefusedError(), OSError(errno.ENOBUFS, "full"), ConnectionRefusedError())
    monkeypatch.setattr(transport, "_socket", refusing)
    transport.endpoint.outgoing[:] = [b"one", b"two", b"three"]
    transport._send()
    assert transport.unsent == 1
    assert transport.endpoint.outgoing == []
    monkeypatch.setattr(transport, "_socket", None)
