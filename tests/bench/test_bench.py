"""Every part of the measurements still measures; what comes out is `make bench`'s to say."""

import json
import shutil
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from sfu.wire import rtcp, rtp
from tests.bench import __main__ as bench
from tests.bench import base, figures, room, sink
from tests.bench.peers import Peer
from tests.bench.relay_process import PROGRAM, ROOT
from tests.bench.results import Results, interval

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "bench.json", {})


def test_a_load_with_and_without_sockets() -> None:
    with ExitStack() as stack:
        relay = figures.relay_process(stack, "127.0.0.1", None)
        load = figures.relay_load(relay, 2, 3, stack)
        for pattern in figures.PATTERNS:
            run = load.run(pattern, 0.3, warm_up=0.1)
            assert 0 < run.received <= run.expected
            assert 0 < run.us_per_forwarded < 1000
        run = load.run("spread", 0.3, warm_up=0.1, measure=True)
        assert 0 < min(run.delays) <= max(run.delays) < 5
        assert 0 < figures.plain(relay, load, 5) < 1000


class _Endpoint:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)


class _Peer:
    def __init__(self) -> None:
        self.endpoint = _Endpoint()


def test_viewers_report_the_relays_numbers_and_when_they_came() -> None:
    packets = [
        rtp.build_packet(96, 7, 0, 1, bytes(size), extensions={1: wide.to_bytes(2), 2: b"0"})
        for wide, size in ((0xFFFE, 100), (0xFFFF, 100), (1, 60))
    ]
    together = bytearray(b"".join(packets))
    numbers = sink._wide_numbers(together, len(together), len(packets[0]))
    assert numbers == [0xFFFE, 0xFFFF, 1]
    peer = _Peer()
    viewer = sink._Viewer(cast(Peer, peer))
    viewer.note(numbers[:2], 2, 4000)
    viewer.note(numbers[2:], 1, 4100)
    viewer.feed_back()
    viewer.feed_back()
    (feedback,) = rtcp.parse(peer.endpoint.sent.pop())
    assert not peer.endpoint.sent
    assert isinstance(feedback, rtcp.TransportFeedback)
    assert (feedback.base_seq, list(feedback.arrivals)) == (0xFFFE, [4000, 4000, None, 4100])


def test_where_the_relay_sends_no_numbers_viewers_count() -> None:
    packet = bytearray(rtp.build_packet(96, 7, 0, 1, bytes(100), extensions={2: b"0"}))
    assert sink._wide_numbers(packet, len(packet), len(packet)) is None
    viewer = sink._Viewer(cast(Peer, _Peer()))
    viewer.note(None, 2, 4000)
    viewer.note(None, 1, 4001)
    assert viewer.arrived == [(0, 4000), (1, 4000), (2, 4001)]


def test_a_room_of_seven(results: Results) -> None:
    found = room.figures(None, 7)
    assert all(room._name(results, 7, name) in results.titles for name in found)
    assert {name for name in found if not name.endswith("longest_ms")} == {
        f"{name}_ms" for name in ("join", "leave", "chat", "camera", "speaker", "mute_all")
    }
    assert all(value > 0 for value in found.values())


def test_this_version_beside_another_one(results: Results, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for folder in ("sfu", "signaling", "storage", "web"):
        shutil.copytree(ROOT / folder, other / folder, ignore=shutil.ignore_patterns("ui", "static", "__pycache__"))
    (other / PROGRAM).parent.mkdir(parents=True)
    shutil.copy(ROOT / PROGRAM, other / PROGRAM)
    base.forwarding(results, None, other.resolve(), pairs=2, seconds=0.2)
    assert set(results.ratios()) == set(figures.KEYS.values())
    assert all(0.1 < found["ratio"] < 10 for found in results.ratios().values())
    assert "90 % interval" in results.ratio_table()


def test_a_part_that_fails_loses_nothing_of_the_others(results: Results) -> None:
    def fails() -> None:
        raise RuntimeError("no such thing")

    parts: list[bench.Part] = [
        ("one", partial(results.add, "us_per_forwarded", 5.0)),
        ("two", fails),
        ("three", partial(results.add, "cpu_ms_per_join", 4.0)),
    ]
    bench.run(parts, results)
    written = json.loads(results.output.read_text())
    assert (written["us_per_forwarded"], written["cpu_ms_per_join"]) == (5.0, 4.0)
    assert written["failures"] == {"two": "RuntimeError: no such thing"}
    assert "5" in results.table()


def test_the_interval_of_a_median() -> None:
    assert interval([1.0] * 10) == (1.0, 1.0)
    low, high = interval([0.9, 0.95, 0.98, 1.0, 1.0, 1.01, 1.02, 1.05, 1.1, 1.3])
    assert 0.9 < low < 1.0 < high < 1.2
