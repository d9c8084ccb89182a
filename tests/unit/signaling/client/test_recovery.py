import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from signaling.client import recovery as client_recovery
from signaling.client.errors import ClientError
from signaling.client.recovery import MediaRecovery
from tests.integration.conftest import until

pytestmark = pytest.mark.asyncio


class Media:
    """A media connection that does as the test says; `done` is what was tried."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.arriving = asyncio.Event()
        self.refusal: ClientError | None = None
        self.helps = ""
        """What brings media back."""
        self.recovery = MediaRecovery(self._restart, self._reconnect, lambda: self.arriving)
        self.task = asyncio.create_task(self.recovery.run())

    async def _restart(self) -> None:
        await self._do("restart")
        if self.refusal is not None:
            raise self.refusal

    async def _reconnect(self) -> None:
        await self._do("reconnect")

    async def _do(self, step: str) -> None:
        self.done.append(step)
        if step == self.helps:
            self.arriving.set()


@pytest_asyncio.fixture
async def media(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Media]:
    monkeypatch.setattr(client_recovery, "WAITS", (0.02, 0.02, 0.02, 60.0))
    monkeypatch.setattr(client_recovery, "SETTLE_SECONDS", 0.0)
    made = Media()
    yield made
    made.task.cancel()
    await asyncio.gather(made.task, return_exceptions=True)


async def test_ice_is_restarted_twice_and_then_another_connection_made(media: Media) -> None:
    media.helps = "reconnect"
    media.recovery.broken()
    await until(media.arriving.is_set)
    assert media.done == ["restart", "restart", "reconnect"]
    # Media has flowed: it begins with the first step again.
    media.arriving.clear()
    media.helps = "restart"
    media.recovery.broken()
    await until(media.arriving.is_set)
    assert media.done[3:] == ["restart"]


async def test_without_success_it_waits_longer_and_a_hint_cuts_that_short(media: Media) -> None:
    media.recovery.broken()
    await until(lambda: len(media.done) == 4)
    await asyncio.sleep(0.1)  # nothing may happen in this time
    assert media.done == ["restart", "restart", "reconnect", "restart"]
    media.recovery.broken()
    await until(lambda: len(media.done) == 5)
    assert media.done[4] == "reconnect"


async def test_a_connection_that_has_ended_is_replaced_at_once(media: Media) -> None:
    media.helps = "reconnect"
    media.recovery.ended()
    await until(media.arriving.is_set)
    assert media.done == ["reconnect"]


async def test_so_is_one_that_the_server_has_ended_without_our_knowing(media: Media) -> None:
    media.helps = "reconnect"
    media.refusal = ClientError("media_closed", "It has ended.")
    media.recovery.broken()
    await until(media.arriving.is_set)
    assert media.done == ["restart", "reconnect"]


async def test_other_refusals_are_a_matter_of_time(media: Media) -> None:
    media.refusal = ClientError("connection_lost", "No answer.")
    media.recovery.broken()
    await until(lambda: len(media.done) == 4)
    assert media.done == ["restart", "restart", "reconnect", "restart"]
