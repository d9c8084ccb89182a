import pytest

from signaling.loadtest.server_metrics import MetricsError, Sample

TEXT = """# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total {cpu}
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 5e+07
# TYPE milanio_packets_forwarded_total counter
milanio_packets_forwarded_total {forwarded}
# TYPE milanio_packets_retransmitted_total counter
milanio_packets_retransmitted_total 7
# TYPE milanio_socket_receive_overflows_total counter
milanio_socket_receive_overflows_total {overflows}
# TYPE milanio_socket_unsent_total counter
milanio_socket_unsent_total{{error="EAGAIN"}} {unsent}
milanio_socket_unsent_total{{error="EPERM"}} 1
# TYPE milanio_drops_total counter
milanio_drops_total{{reason="duplicate"}} {duplicates}
milanio_drops_total{{reason="unknown_address"}} 2
# TYPE milanio_loop_lag_seconds histogram
milanio_loop_lag_seconds_bucket{{le="0.005"}} {quick}
milanio_loop_lag_seconds_bucket{{le="0.05"}} {late}
milanio_loop_lag_seconds_bucket{{le="+Inf"}} {all}
milanio_loop_lag_seconds_count {all}
milanio_loop_lag_seconds_sum 1
"""
FIRST = {
    "cpu": 1.5,
    "forwarded": 1000,
    "overflows": 0,
    "unsent": 0,
    "duplicates": 3,
    "quick": 10,
    "late": 11,
    "all": 11,
}


def sample(**changes: float) -> Sample:
    return Sample.read(TEXT.format(**{**FIRST, **changes}))


def test_a_second_is_what_happened_since_the_sample_before() -> None:
    later = sample(cpu=2.0, forwarded=1400, overflows=3, unsent=2, duplicates=5, quick=18, late=20, all=21)
    second = later.since(sample(), 12.0, 1.01)
    assert second is not None
    assert (second.at, second.seconds, second.cpu, second.forwarded) == (12.0, 1.01, 0.5, 400)
    assert (second.retransmitted, second.memory, second.overflows, second.unsent) == (0, 50_000_000, 3, 2)
    assert second.drops == {"duplicate": 2}
    assert second.lag.count == 10
    assert second.lag.quantile(0.8) == pytest.approx(0.005, rel=0.03)
    # What was later than the last bound counts as that.
    assert second.lag.quantile(1) == pytest.approx(0.05, rel=0.03)


def test_a_server_that_was_started_anew_begins_anew() -> None:
    assert sample(cpu=0.1, forwarded=0).since(sample(), 12.0, 1.0) is None
    assert sample(forwarded=0).since(sample(), 12.0, 1.0) is None


@pytest.mark.parametrize("text", ["", "<html></html>", "a{", 'x{le="', "# TYPE a counter\na_total 3\n", "{}"])
def test_what_is_no_milanio_is_told(text: str) -> None:
    with pytest.raises(MetricsError):
        Sample.read(text)
