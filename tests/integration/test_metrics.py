"""What `/metrics` says while people are in a call, and after it."""

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from signaling.client import Client, ClientError, ClientOptions, Pattern, create_room
from tests.integration.conftest import until
from web.metrics import METRICS

SMALL = Pattern(width=320, height=180, fps=15, colour=0)
WATCHING = ClientOptions(audio_slots=2, video_slots=2, watch_height=360)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"

Samples = dict[str, float]


async def scrape(url: str, accept: str = "text/plain;version=0.0.4") -> Samples:
    """All samples, by name and labels' values."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics", headers={"Accept": accept}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(accept.partition(";")[0])
        text = await answer.text()
    families = list((parse_openmetrics if accept is OPENMETRICS else parse_text)(text))
    return {":".join((each.name, *each.labels.values())): each.value for family in families for each in family.samples}


@pytest.mark.asyncio
async def test_a_call_is_counted_while_it_lasts_and_afterwards(url: str) -> None:
    before = await scrape(url)
    code = await create_room(url, "Test")
    async with Client(url, code, "Ada", WATCHING) as ada, Client(url, code, "Bo", WATCHING) as bo:
        await ada.publish(SMALL)
        await until(lambda: sum(slot.stats.packets for slot in bo.slots.values()) > 50)
        during, asked = await scrape(url), sum(player.stream.keyframe_requests for player in ada.players)
        assert ada.you.id != bo.you.id

    def grown(name: str) -> float:
        return during[name] - before.get(name, 0)

    assert (during["milanio_participants"], during["milanio_rooms"]) == (2, 1)
    assert during["milanio_room_size_participants_bucket:2.0"] == during["milanio_largest_room_participants"] / 2 == 1
    published = {source: during[f"milanio_publications:{source}"] for source in ("camera", "microphone", "screen")}
    assert published == {"camera": 1, "microphone": 1, "screen": 0}
    assert during["milanio_media_connections:connected"] == 2
    assert grown("milanio_joins_total:joined") == grown("milanio_join_duration_seconds_count") == 2
    assert grown("milanio_media_connect_duration_seconds_count") == 2
    assert grown("milanio_media_connect_duration_seconds_bucket:10.0") == 2
    assert grown("milanio_packets_received_total") > 50
    assert grown("milanio_packets_forwarded_total") > 50
    assert grown("milanio_forwarded_bytes_total") > 50 * 20
    assert grown("milanio_received_bytes_total") > 50 * 20
    assert grown("milanio_keyframe_requests_total") == asked
    assert (during["milanio_video_slots:playing"], during["milanio_video_slots:bandwidth"]) == (1, 0)
    assert grown("milanio_viewer_bandwidth_bytes_per_second_gcount") >= 1
    assert during["milanio_drops_total:srtp_not_authentic"] == before["milanio_drops_total:srtp_not_authentic"] == 0
    assert during["process_resident_memory_bytes"] > 10e6

    after = await scrape(url)
    assert (after["milanio_participants"], after["milanio_media_connections:connected"]) == (0, 0)
    counters = [name for name in during if "_total" in name or "_count" in name]
    assert [name for name in counters if after[name] < during[name]] == []


@pytest.mark.asyncio
async def test_refused_joins_are_counted_by_their_code(url: str) -> None:
    before = await scrape(url)
    with pytest.raises(ClientError) as refused:
        async with Client(url, "zzzzz-zzzzz-zzzzz", "Eve"):
            pass
    assert refused.value.code == "room_not_found"
    after = await scrape(url)
    name = "milanio_joins_total:room_not_found"
    assert after[name] - before.get(name, 0) == 1


@pytest.mark.asyncio
async def test_openmetrics_is_spoken_where_it_is_asked_for(url: str) -> None:
    found = await scrape(url, OPENMETRICS)
    assert found["milanio_loop_lag_seconds_count"] >= 0
    names = {name.partition(":")[0] for name in found}
    suffixes = ("", "_count", "_gcount")
    # What no error has happened for has no samples, nor has a certificate that there isn't.
    silent = {"socket_unsent_total", "socket_receive_errors_total", "certificate_end_timestamp_seconds"}
    missing = [each.name for each in METRICS if not any(f"milanio_{each.name}{suffix}" in names for suffix in suffixes)]
    assert set(missing) <= silent
