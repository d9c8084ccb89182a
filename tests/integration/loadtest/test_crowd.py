"""A crowd against a real server: what it counts is what happened."""

from pathlib import Path

import pytest

from signaling.client import create_room
from signaling.client.errors import ClientError, MediaError
from signaling.loadtest import library
from signaling.loadtest.crowd import Crowd
from signaling.loadtest.person import Person
from signaling.loadtest.scenario import Group, Network, Scenario
from signaling.loadtest.share import Share, plan
from signaling.loadtest.stats import Second, Stats
from tests import times
from tests.integration.clips import make_clip
from tests.integration.conftest import until
from web.app import Server

SECONDS = 2.5


async def play(url: str, scenario: Scenario) -> dict[str, Stats]:
    """All of a scenario in this process; what its groups counted, from `measure` on, and `ramp` with the rest."""
    codes = [await create_room(url, f"Room {number}") for number in range(scenario.rooms)]
    counted: dict[str, Stats] = {}

    def note(second: Second) -> None:
        for name, stats in second.groups.items():
            counted.setdefault(name if second.phase == "measure" else second.phase, Stats()).follow(stats)

    crowd = Crowd(Share(url, scenario, tuple(plan(scenario, codes))), note)
    try:
        await crowd.ramp()
        await crowd.measure()
    finally:
        await crowd.leave()
    return counted


def scenario(*groups: Group, **fields: object) -> Scenario:
    """A short one."""
    return Scenario.model_validate({"groups": groups, "duration": SECONDS, "relayout": 0} | fields)


@pytest.mark.asyncio
async def test_everybody_sees_and_hears_what_there_is(url: str, server: Server) -> None:
    # Those who came first look for the others in the first second and a half only, which has to be a small part.
    counted = await play(url, scenario(Group(people=5, tiles=4), speakers=2, rooms=2, duration=2 * SECONDS))
    ramp, people = counted["ramp"], counted["people"]
    assert (ramp.tried, ramp.joined, ramp.refused, people.lost) == (10, 10, {}, {})
    joins = ramp.join.quantile(0.95)
    assert joins is not None
    assert joins < times.seconds(3)
    # The first of each room finds nobody; those who come right after may not either.
    assert 2 <= ramp.first_frame.count + people.first_frame.count <= 8
    assert 2 <= ramp.first_audio.count + people.first_audio.count <= 8
    assert people.inside == 10
    # Each watches four cameras of 15 frames per second.
    assert people.frames == pytest.approx(10 * 4 * 15 * people.seconds, rel=0.2)
    assert people.watched == pytest.approx(10 * 4 * people.seconds, rel=0.2)
    assert people.camera_octets == pytest.approx(people.wanted_octets, rel=0.3)
    assert people.octets > people.camera_octets
    assert (people.damaged, people.missing) == (0, 0)
    delay = people.delay.quantile(0.5)
    assert delay is not None
    assert delay < times.seconds(0.1)
    assert people.sent > 0
    await until(lambda: not server.services or not any(room.participants for room in server.signaling.registry.rooms))


@pytest.mark.asyncio
async def test_who_is_replaced_while_still_publishing_was_neither_refused_nor_lost(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def publish(person: Person) -> None:
        person.inside = False
        await person.leave()
        raise ClientError("closed", "It has left.")

    monkeypatch.setattr(Person, "_publish", publish)
    ramp = (await play(url, scenario(Group(people=2, tiles=1), duration=1)))["ramp"]
    assert (ramp.tried, ramp.joined, ramp.refused, ramp.lost) == (2, 2, {}, {})


@pytest.mark.asyncio
async def test_who_comes_first_waits_for_nobody(url: str) -> None:
    seconds = times.seconds(3)
    counted = await play(url, scenario(Group(people=2, tiles=1, audio=False), ramp=1 / seconds))
    counted["ramp"].follow(counted["people"])
    firsts = counted["ramp"].first_frame
    longest = firsts.quantile(1)
    assert firsts.count == 1
    assert longest is not None
    assert longest < seconds / 2


@pytest.mark.asyncio
@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
async def test_other_codecs_are_forwarded_too(url: str, codec: str) -> None:
    group = Group.model_validate({"people": 2, "tiles": 1, "codec": codec, "height": 180, "audio": False})
    counted = await play(url, scenario(group))
    assert counted["people"].frames > 0.5 * 2 * 15 * SECONDS
    assert counted["people"].missing == 0
    assert (counted["people"].delay.count > 0) == (codec != "VP9")


@pytest.mark.asyncio
async def test_a_lossy_network_shows_in_its_group_alone(url: str) -> None:
    good = Group(name="good", people=3, tiles=2)
    bad = Group(name="bad", people=2, tiles=2, audio=False, video=False, network=Network(loss=10, delay_ms=20))
    counted = await play(url, scenario(good, bad))
    assert counted["bad"].nacked > 0
    assert counted["bad"].recovered > 0
    assert (counted["good"].nacked, counted["good"].missing, counted["good"].recovered) == (0, 0, 0)
    late = counted["bad"].delay.quantile(0.5), counted["good"].delay.quantile(0.5)
    assert late[0] is not None
    assert late[1] is not None
    assert late[0] >= 0.02


@pytest.mark.asyncio
async def test_people_come_and_go_mute_write_and_look_around(url: str) -> None:
    habits = {"churn": 1.0, "relayout": 1.0, "mute_every": 1.0, "chat_every": 1.0}
    counted = await play(url, scenario(Group(people=6, tiles=3, layout="speaker"), speakers=3, **habits))
    people = counted["people"]
    people.follow(counted["end"])
    assert people.tried >= 2, "who leaves is replaced"
    assert people.joined == people.tried
    assert people.lost == {}
    assert people.switches > 0
    assert people.signaling.count > 10


@pytest.mark.asyncio
async def test_a_room_that_is_not_there_is_told_by_its_code(url: str) -> None:
    wanted = scenario(Group(people=2), duration=1.0)
    counted: list[Second] = []
    crowd = Crowd(Share(url, wanted, tuple(plan(wanted, ["aaaaa-bbbbb-ccccc"]))), counted.append)
    await crowd.ramp()
    await crowd.leave()
    assert counted[-1].groups["people"].refused == {"room_not_found": 2}
    assert counted[-1].groups["people"].joined == 0


@pytest.mark.asyncio
async def test_a_file_is_played_in_its_own_time(url: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    make_clip(path, "libvpx", "libopus")
    clip = library.file(str(path))[1]
    assert clip is not None
    counted = await play(url, scenario(Group(people=2, tiles=1, publish=str(path))))
    people = counted["people"]
    seconds = sum(frame.ticks for frame in clip.frames) / 90_000
    rate = len(clip.frames) / seconds
    assert people.frames == pytest.approx(2 * rate * people.seconds, rel=0.3)
    assert people.wanted_octets > 0


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="can't be read"):
        library.file(str(tmp_path / "missing.mp4"))
