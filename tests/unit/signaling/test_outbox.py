import asyncio

import pytest

from signaling.limits import LIVE_BYTES, MESSAGE_OVERHEAD, OUTBOX_BYTES
from signaling.outbox import Outbox, Outboxes
from signaling.turns import Turns

pytestmark = pytest.mark.asyncio


class Socket:
    """Takes messages while `open` is set; fails when told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.open = asyncio.Event()
        self.broken = False

    async def send_str(self, text: str) -> None:
        await self.open.wait()
        if self.broken:
            raise ConnectionResetError
        self.sent.append(text)


def outbox(socket: Socket, server: Outboxes | None = None) -> Outbox:
    return Outbox(socket, None, Turns(), server)  # type: ignore[arg-type]


async def test_messages_are_sent_in_order_and_counted_as_they_are_sent() -> None:
    socket, server = Socket(), Outboxes()
    box = outbox(socket, server)
    for text in ("a", "\N{GRINNING FACE}"):
        box.put(text)
    assert server.bytes == 1 + 4 + 2 * MESSAGE_OVERHEAD
    socket.open.set()
    box.finish()
    await box.run()
    box.put("late")
    assert (socket.sent, server.bytes) == (["a", "\N{GRINNING FACE}"], 0)


async def test_a_full_outbox_takes_nothing_more_and_holds_nothing() -> None:
    server = Outboxes()
    box = outbox(Socket(), server)
    box.put("x" * (OUTBOX_BYTES - MESSAGE_OVERHEAD))
    assert not box.finished
    box.put("")
    assert (box.finished, server.bytes) == (True, 0)


async def test_when_a_server_holds_too_much_those_who_dont_read_are_cut_off_and_others_arent() -> None:
    server = Outboxes(limit=20 * LIVE_BYTES)
    boxes = [outbox(Socket(), server) for _ in range(40)]
    for _ in range(100):
        for box in boxes:
            box.put("x" * (LIVE_BYTES // 10))
    reader = outbox(Socket(), server)
    reader.put("x")
    assert all(box.finished for box in boxes[:10])
    assert server.bytes < server.limit + 40 * 2 * LIVE_BYTES
    assert not reader.finished


async def test_what_a_broken_connection_leaves_is_let_go() -> None:
    socket, server = Socket(), Outboxes()
    box = outbox(socket, server)
    for _ in range(5):
        box.put("x")
    socket.broken = True
    socket.open.set()
    await box.run()
    assert (box.finished, server.bytes) == (True, 0)
