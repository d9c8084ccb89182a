"""What the server under test says of itself, in its `/metrics`, once a second."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from signaling.client.http import unreachable
from signaling.loadtest.stats import ServerSecond, Spread

INTERVAL = 1.0
"""Seconds."""
SECONDS = 5.0
"""For an answer."""
MAX_ANSWER = 2 << 20
"""Bytes."""


class MetricsError(Exception):
    """An answer without what is asked for; `args[0]` is part of a sentence."""


@dataclass(slots=True)
class Sample:
    """All of an answer that matters: totals since the server's start, but for `memory` in bytes."""

    cpu: float = 0.0
    memory: float = 0.0
    forwarded: float = 0.0
    retransmitted: float = 0.0
    overflows: float = 0.0
    unsent: float = 0.0
    lag: dict[float, float] = field(default_factory=dict)
    """By upper bound in seconds, how often the loop was at most so late."""
    drops: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """What a Milanio's `/metrics` says. Raises `MetricsError`."""
        sample = cls()
        try:
            for family in text_string_to_metric_families(text):
                for name, labels, value, *_ in family.samples:
                    sample._take(name, labels, value)
        except (ValueError, KeyError, IndexError):
            raise MetricsError("what it says isn't in Prometheus's format") from None
        if not sample.lag:
            raise MetricsError("they aren't a Milanio's")
        return sample

    def _take(self, name: str, labels: dict[str, str], value: float) -> None:
        match name:
            case "process_cpu_seconds_total":
                self.cpu = value
            case "process_resident_memory_bytes":
                self.memory = value
            case "milanio_packets_forwarded_total":
                self.forwarded = value
            case "milanio_packets_retransmitted_total":
                self.retransmitted = value
            case "milanio_socket_receive_overflows_total":
                self.overflows = value
            case "milanio_socket_unsent_total":
                self.unsent += value
            case "milanio_loop_lag_seconds_bucket":
                self.lag[float(labels["le"])] = value
            case "milanio_drops_total":
                self.drops[labels["reason"]] = value

    def since(self, before: "Sample", at: float, seconds: float) -> ServerSecond | None:
        """What happened since an earlier sample; None where the server was started anew in between."""
        if self.cpu < before.cpu or self.forwarded < before.forwarded:
            return None
        drops = {reason: int(count - before.drops.get(reason, 0)) for reason, count in self.drops.items()}
        return ServerSecond(
            at=at,
            seconds=seconds,
            cpu=self.cpu - before.cpu,
            forwarded=int(self.forwarded - before.forwarded),
            retransmitted=int(self.retransmitted - before.retransmitted),
            memory=int(self.memory),
            lag=_lag(self.lag, before.lag),
            drops={reason: count for reason, count in drops.items() if count > 0},
            overflows=int(self.overflows - before.overflows),
            unsent=int(self.unsent - before.unsent),
        )


def _lag(after: dict[float, float], before: dict[float, float]) -> Spread:
    """Each value as the upper bound of its bucket; what is beyond the last one as that."""
    spread = Spread()
    below, bound = 0.0, 0.0
    for upper in sorted(after):
        count = after[upper] - before.get(upper, 0)
        bound = upper if math.isfinite(upper) else bound
        if count > below:
            spread.note(bound, int(count - below))
        below = count
    return spread


class ServerMetrics:
    """Asks once a second, from `start` to `stop`. `now`: seconds since the test began."""

    def __init__(
        self, url: str, on_second: Callable[[ServerSecond], None], now: Callable[[], float], token: str | None = None
    ) -> None:
        self.problem: str | None = None
        """Why there was nothing to be had so far, or any more; one line."""
        self._url = url
        self._on_second = on_second
        self._now = now
        self._token = token
        self._before: tuple[Sample, float] | None = None
        self._answers = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        headers = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS), headers=headers) as session:
            while True:
                due = time.monotonic() + INTERVAL
                try:
                    self._note(await self._ask(session))
                except MetricsError as error:
                    self._before = None
                    if not self._answers:
                        self.problem = f"the server's own figures are missing: {error}"
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask(self, session: aiohttp.ClientSession) -> Sample:
        try:
            async with session.get(urljoin(self._url + "/", "metrics"), allow_redirects=False) as answer:
                text, status = await _read(answer), answer.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MetricsError(str(unreachable(self._url, error)).rstrip(".")) from None
        if status in (401, 403):
            raise MetricsError(
                "/metrics is for the server's own machine, and with the setting metrics_token for others"
            )
        if status != 200:
            raise MetricsError(f"/metrics answered {status}")
        return Sample.read(text)

    def _note(self, sample: Sample) -> None:
        at = time.monotonic()
        if self._before is not None:
            before, then = self._before
            second = sample.since(before, self._now(), at - then)
            if second is not None:
                self._on_second(second)
        self._before = (sample, at)
        self._answers += 1
        self.problem = None


async def _read(answer: aiohttp.ClientResponse) -> str:
    """The text of an answer. Raises `MetricsError` for one without end."""
    text = b""
    async for part in answer.content.iter_chunked(64 << 10):
        text += part
        if len(text) > MAX_ANSWER:
            raise MetricsError(f"/metrics has more than {MAX_ANSWER >> 20} MB")
    return text.decode(errors="replace")
