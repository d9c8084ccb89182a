"""The figures of a report that are of machines: the tester's own, and the server's."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import Field

from signaling.loadtest.columns import Column
from signaling.loadtest.figures import Part, quantile, ratio, significant
from signaling.loadtest.stats import ServerSecond, Spread, Stats


class Tester(Part):
    """What the load test itself cost, and whether it was the limit."""

    limited: Annotated[int, Column("tester limited", "", "1 where the tester itself was the bottleneck, else 0")] = 0
    bottleneck: str | None = None
    """Null, or a sentence that says what of the tester was the limit."""
    cpu_us_per_packet: Annotated[
        float | None,
        Column("tester CPU per packet", "µs", "CPU of all processes of the tester for each packet received"),
    ] = None
    cpu_share: Annotated[
        float | None, Column("tester CPU of a core", "share", "CPU of the tester's busiest process, of one core")
    ] = None
    cpu_cores: Annotated[float | None, Column("tester CPU", "cores", "CPU of all processes of the tester")] = None
    loop_lag_ms_p50: Annotated[
        float | None, Column("tester lag, median", "ms", "how late the tester's event loop was, in its worst process")
    ] = None
    loop_lag_ms_p99: Annotated[
        float | None, Column("tester lag, p99", "ms", "the same: 99 of 100 looks found it at most so late")
    ] = None
    processes: Annotated[int, Column("tester processes", "", "processes that played people", "")] = 0
    unsent: Annotated[
        int, Column("tester unsent", "", "datagrams that the kernel of the tester's machine didn't take")
    ] = 0

    @classmethod
    def of(cls, processes: Mapping[int, Stats], packets: int, unsent: int) -> Self:
        """Of all processes (`cpu`, `lag` and `seconds` of each), which received so many packets; nothing is judged."""
        worst = max((each.lag for each in processes.values()), key=_p99, default=Spread())
        cpu = sum(each.cpu for each in processes.values())
        shares = [each.cpu / each.seconds for each in processes.values() if each.seconds]
        return cls(
            cpu_us_per_packet=ratio(cpu, packets, 1e6),
            cpu_share=significant(max(shares)) if shares else None,
            cpu_cores=significant(sum(shares)) if shares else None,
            loop_lag_ms_p50=quantile(worst, 0.5, 1e3),
            loop_lag_ms_p99=quantile(worst, 0.99, 1e3),
            processes=len(processes),
            unsent=unsent,
        )


class ServerFigures(Part):
    """What the server's `/metrics` said in the time measured."""

    cpu_us_per_packet: Annotated[
        float | None,
        Column("server CPU per packet", "µs", "CPU of the whole server for each packet forwarded to a viewer"),
    ] = None
    cpu_cores: Annotated[float | None, Column("server CPU", "cores", "CPU of the whole server")] = None
    loop_lag_ms_p50: Annotated[
        float | None,
        Column("server lag, median", "ms", "how late the server's event loop was: bound of a bucket, 2 ms and more"),
    ] = None
    loop_lag_ms_p99: Annotated[
        float | None, Column("server lag, p99", "ms", "the same: 99 of 100 looks found it at most so late")
    ] = None
    memory_mb: Annotated[float | None, Column("server memory", "MB", "largest resident memory of the server")] = None
    packets_forwarded: Annotated[int, Column("server forwarded", "", "packets to viewers, without repeats", "more")] = 0
    packets_per_s: Annotated[
        float | None, Column("server forwarded", "/s", "packets to viewers per second", "more")
    ] = None
    retransmitted: Annotated[
        int, Column("server retransmitted", "", "packets sent once more, as viewers missed them")
    ] = 0
    dropped: Annotated[
        int, Column("server dropped", "", "datagrams, packets and requests without effect (docs/metrics.md)")
    ] = 0
    drops: Annotated[dict[str, int], Column("server drops by reason", "", "the same by reason", keys="REASON")] = Field(
        default={}
    )
    overflows: Annotated[
        int, Column("server overflows", "", "datagrams that the server's kernel lost, its receive buffer being full")
    ] = 0
    unsent: Annotated[int, Column("server unsent", "", "datagrams that the server's kernel didn't take")] = 0

    @classmethod
    def of(cls, seconds: Iterable[ServerSecond]) -> Self | None:
        """None where the server told nothing."""
        told = list(seconds)
        if not told:
            return None
        lag, drops = Spread(), dict[str, int]()
        for each in told:
            lag.add(each.lag)
            for reason, count in each.drops.items():
                drops[reason] = drops.get(reason, 0) + count
        length, cpu = sum(each.seconds for each in told), sum(each.cpu for each in told)
        forwarded = sum(each.forwarded for each in told)
        return cls(
            cpu_us_per_packet=ratio(cpu, forwarded, 1e6),
            cpu_cores=ratio(cpu, length),
            loop_lag_ms_p50=quantile(lag, 0.5, 1e3),
            loop_lag_ms_p99=quantile(lag, 0.99, 1e3),
            memory_mb=significant(max(each.memory for each in told) / 1e6),
            packets_forwarded=forwarded,
            packets_per_s=ratio(forwarded, length),
            retransmitted=sum(each.retransmitted for each in told),
            dropped=sum(drops.values()),
            drops=dict(sorted(drops.items())),
            overflows=sum(each.overflows for each in told),
            unsent=sum(each.unsent for each in told),
        )


def _p99(spread: Spread) -> float:
    return spread.quantile(0.99) or 0.0
