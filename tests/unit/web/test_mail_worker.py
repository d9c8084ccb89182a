import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests import times
from web.mail import MailWorker, OutgoingMail, SendError, worker

NOW = 1_800_000_000.0


@dataclass(frozen=True)
class Mail:
    id: int
    recipient: str = "ada@example.org"
    subject: str = "Hello"
    text: str = "Text\n"
    html: str = "<p>Text</p>"
    attempts: int = 0
    created_at: float = NOW


class Queue:
    """In memory, as a store would do it, with virtual time."""

    LEASE = 120.0

    def __init__(self) -> None:
        self.now = NOW
        self.waiting: dict[int, tuple[float, Mail]] = {}
        self.sent: list[int] = []
        self.errors: list[str] = []
        self.broken = False
        self.claims = 0
        """How often due mail was polled for."""

    def put(self, *ids: int) -> None:
        for number in ids:
            self.waiting[number] = (self.now, Mail(number, created_at=self.now))

    def clock(self) -> float:
        return self.now

    def _check(self) -> None:
        if self.broken:
            raise ConnectionError("the database is away")

    async def claim_due(self, now: float, limit: int, /) -> list[Mail]:
        self.claims += 1
        self._check()
        due = [replace(mail, attempts=mail.attempts + 1) for at, mail in self.waiting.values() if at <= now][:limit]
        self.waiting |= {mail.id: (now + self.LEASE, mail) for mail in due}
        return due

    async def done(self, mail_id: int, now: float, /) -> None:
        self._check()
        del self.waiting[mail_id]
        self.sent.append(mail_id)

    async def failed(self, mail_id: int, error: str, next_attempt_at: float | None, /) -> None:
        self._check()
        self.errors.append(error)
        _, mail = self.waiting.pop(mail_id)
        if next_attempt_at is not None:
            self.waiting[mail_id] = (next_attempt_at, mail)


class Sender:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.tried: list[int] = []
        self.arrived: list[int] = []
        self.hold: asyncio.Event | None = None

    async def send(self, mail: OutgoingMail) -> None:
        self.tried.append(mail.id)
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error
        self.arrived.append(mail.id)


class Rig:
    def __init__(self) -> None:
        self.queue = Queue()
        self.sender = Sender()
        self.worker = MailWorker(self.queue, self.sender, self.queue.clock)

    async def until_idle(self) -> None:
        while await self.worker.send_next():
            pass


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(times.seconds(5)):  # the worker looks by itself only after 15 s
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.asyncio
async def test_what_is_due_is_sent_once_in_order(rig: Rig) -> None:
    rig.queue.put(3, 1, 2)
    await rig.until_idle()
    await rig.until_idle()
    assert rig.sender.arrived == rig.queue.sent == [3, 1, 2]


@pytest.mark.asyncio
async def test_the_delays_double_from_a_minute_to_six_hours_and_end_after_three_days(rig: Rig) -> None:
    rig.sender.error = SendError("connection refused")
    rig.queue.put(1)
    times = []
    while rig.queue.waiting:
        rig.queue.now = rig.queue.waiting[1][0]
        times.append(rig.queue.now - NOW)
        assert await rig.worker.send_next()
        assert not await rig.worker.send_next()
    delays = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert delays[:9] == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360]
    assert set(delays[9:]) == {6 * 3600}
    assert 3 * 86400 <= times[-1] < 3 * 86400 + 6 * 3600
    assert rig.queue.errors == ["connection refused"] * len(times)
    assert rig.sender.arrived == []


@pytest.mark.asyncio
async def test_a_server_that_comes_back_gets_every_mail_once(rig: Rig) -> None:
    rig.sender.error = SendError("connection refused")
    rig.queue.put(*range(50))
    for _ in range(200):
        await rig.until_idle()
        rig.queue.now += 60
    assert len(rig.queue.waiting) == 50
    rig.sender.error = None
    for _ in range(400):
        await rig.until_idle()
        rig.queue.now += 60
    assert sorted(rig.sender.arrived) == sorted(rig.queue.sent) == list(range(50))


@pytest.mark.asyncio
async def test_a_mail_that_is_refused_isn_t_tried_again(rig: Rig) -> None:
    rig.sender.error = SendError("550 no such user", final=True)
    rig.queue.put(1)
    await rig.until_idle()
    assert not rig.queue.waiting
    assert rig.sender.tried == [1]


@pytest.mark.asyncio
async def test_a_mail_that_breaks_the_sender_holds_up_no_other(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.sender.error = KeyError("surprise")
    rig.queue.put(1, 2)
    await rig.until_idle()
    assert rig.sender.tried == [1, 2]
    assert rig.queue.errors == ["KeyError", "KeyError"]
    assert "can't be sent" in caplog.text


@pytest.mark.asyncio
async def test_a_mail_sent_while_the_database_goes_away_isn_t_sent_again(rig: Rig) -> None:
    rig.queue.put(1)
    rig.sender.hold = asyncio.Event()
    sending = asyncio.create_task(rig.worker.send_next())
    await asyncio.sleep(0)
    rig.queue.broken = True
    rig.sender.hold.set()
    with pytest.raises(ConnectionError):
        await sending
    rig.queue.broken = False
    assert not await rig.worker.send_next()
    rig.queue.now += Queue.LEASE
    assert await rig.worker.send_next()
    assert rig.sender.arrived == rig.queue.sent == [1]
    assert not rig.worker._sent


@pytest.mark.asyncio
async def test_the_worker_wakes_at_once(rig: Rig) -> None:
    rig.worker.start()
    await until(lambda: rig.queue.claims)
    rig.queue.put(1, 2)
    rig.worker.wake()
    await until(lambda: len(rig.queue.sent) == 2)
    await rig.worker.stop()


@pytest.mark.asyncio
async def test_a_wake_while_a_mail_is_sent_isn_t_lost(rig: Rig) -> None:
    rig.sender.hold = asyncio.Event()
    rig.queue.put(1)
    rig.worker.start()
    await until(lambda: rig.sender.tried)
    rig.queue.put(2)
    rig.worker.wake()
    rig.sender.hold.set()
    await until(lambda: len(rig.queue.sent) == 2)
    await rig.worker.stop()


@pytest.mark.asyncio
async def test_the_worker_outlives_the_database(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "QUEUE_RETRY", 0.01)
    rig.queue.put(1)
    rig.queue.broken = True
    rig.worker.start()
    await until(lambda: rig.queue.claims == 5)
    assert caplog.text.count("mail is waiting") == 1
    rig.queue.broken = False
    await until(lambda: rig.queue.sent)
    await rig.worker.stop()


@pytest.mark.asyncio
async def test_stopping_ends_the_mail_at_hand_and_leaves_the_others(rig: Rig) -> None:
    rig.sender.hold = asyncio.Event()
    rig.queue.put(1, 2)
    rig.worker.start()
    await until(lambda: rig.sender.tried)
    stopping = asyncio.create_task(rig.worker.stop())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not stopping.done()
    rig.sender.hold.set()
    await stopping
    assert rig.queue.sent == [1]
    assert list(rig.queue.waiting) == [2]
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio
async def test_stopping_waits_for_nobody_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STOP_TIMEOUT", 0.05)
    rig.sender.hold = asyncio.Event()
    rig.queue.put(1)
    rig.worker.start()
    await until(lambda: rig.sender.tried)
    async with asyncio.timeout(times.seconds(1)):
        await rig.worker.stop()
    assert list(rig.queue.waiting) == [1]
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.asyncio
async def test_stopping_what_never_started_or_idles(rig: Rig) -> None:
    await rig.worker.stop()
    idle = Rig()
    idle.worker.start()
    await until(lambda: idle.queue.claims)
    async with asyncio.timeout(times.seconds(1)):
        await idle.worker.stop()
        await idle.worker.stop()
