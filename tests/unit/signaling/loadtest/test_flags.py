import pytest

from signaling.loadtest.flags import FLAGS, scenario
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.scenario_file import ScenarioError


def test_without_flags_it_is_a_meeting_of_ten() -> None:
    assert scenario({}) == Scenario()


def test_the_plain_form() -> None:
    asked = scenario({"rooms": "10", "people": "10", "publishers": "10", "duration": "60"})
    assert (asked.rooms, asked.people, asked.duration) == (10, 100, 60.0)
    assert [(group.name, group.people, group.video) for group in asked.groups] == [("publishers", 10, True)]


@pytest.mark.parametrize(
    ("flags", "publishers", "viewers"),
    [
        ({"people": "7"}, 7, 0),
        ({"people": "7", "publishers": "2"}, 2, 5),
        ({"people": "7", "viewers": "4"}, 3, 4),
        ({"publishers": "3", "viewers": "200"}, 3, 200),
        ({"publishers": "3"}, 3, 0),
        ({"viewers": "3"}, 0, 3),
        ({"people": "5", "publishers": "2", "viewers": "3"}, 2, 3),
    ],
)
def test_people_are_those_who_publish_and_those_who_watch(flags: dict[str, str], publishers: int, viewers: int) -> None:
    groups = {group.name: group for group in scenario(flags).groups}
    assert {name: group.people for name, group in groups.items()} == {
        name: count for name, count in (("publishers", publishers), ("viewers", viewers)) if count
    }
    assert all(group.audio == group.video == (name == "publishers") for name, group in groups.items())


def test_every_flag_reaches_its_field() -> None:
    texts = {
        "rooms": "2", "duration": "9.5", "ramp": "3", "churn": "1", "speakers": "4", "seed": "5", "codec": "AV1",
        "height": "720", "fps": "30", "layout": "speaker", "tiles": "4", "loss": "2.5", "delay": "100", "jitter": "7",
        "down_kbps": "800", "up_kbps": "900", "publish": "clip.mp4",
    }  # fmt: skip
    assert texts.keys() == {flag.destination for flag in FLAGS}
    asked = scenario({**texts, "publishers": "2", "viewers": "3"})
    assert (asked.rooms, asked.duration, asked.ramp, asked.churn, asked.speakers, asked.seed) == (2, 9.5, 3, 1, 4, 5)
    assert {group.publish for group in asked.groups} == {"clip.mp4"}
    for group in asked.groups:
        assert (group.codec, group.height, group.fps, group.layout, group.tiles) == ("AV1", 720, 30, "speaker", 4)
        network = group.network
        assert (network.loss, network.delay_ms, network.jitter_ms) == (2.5, 100, 7)
        assert (network.down_kbps, network.up_kbps) == (800, 900)


def test_flags_change_a_scenario() -> None:
    lecture = scenario({"scenario": "lecture", "viewers": "20", "publishers": "2", "codec": "H264"})
    assert [(group.name, group.people, group.codec) for group in lecture.groups] == [
        ("publishers", 2, "H264"), ("viewers", 20, "H264"),
    ]  # fmt: skip
    assert scenario({"scenario": "meeting", "people": "4"}).people == 4


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"rooms": "0"}, "--rooms '0' isn't allowed, only a whole number from 1 to 1,000"),
        ({"rooms": "2.5"}, "--rooms '2.5' isn't allowed"),
        ({"duration": "ever"}, "--duration 'ever' isn't allowed, only a number from 1 to 86,400"),
        ({"duration": "nan"}, "--duration 'nan' isn't allowed"),
        ({"down_kbps": "inf"}, "--down-kbps 'inf' isn't allowed, only a number from 0 up"),
        ({"codec": "h264"}, "--codec 'h264' isn't allowed, only VP8, H264, VP9 or AV1"),
        ({"height": "1080"}, "--height '1080' isn't allowed, only 180, 360 or 720"),
        ({"loss": "-1"}, "--loss '-1' isn't allowed, only a number from 0 to 100"),
        ({"people": "x" * 500}, f"--people {'x' * 60!r} isn't allowed, only a whole number from 1 to 2,000"),
        ({"people": "9" * 500}, f"--people {'9' * 60!r} isn't allowed"),
        ({"people": "2", "publishers": "3"}, "--people 2 and --publishers 3 don't fit together; --people is the sum"),
        ({"people": "2", "publishers": "1", "viewers": "2"}, "--people 2 and --publishers 1 and --viewers 2 don't fit"),
        ({"viewers": "0"}, "nobody is in the rooms"),
        ({"rooms": "1000", "people": "100"}, "100000 people in all; at most 10,000 are allowed"),
        (
            {"scenario": "bad-networks", "people": "3"},
            "--people doesn't say for which group of the scenario bad-networks",
        ),
        ({"scenario": "meeting", "viewers": "3"}, "--viewers doesn't say for which group of the scenario meeting"),
        ({"scenario": "nowhere"}, "there is no scenario and no file 'nowhere'"),
    ],
)
def test_a_wrong_value_is_one_line_with_what_is_allowed(flags: dict[str, str], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(flags)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_the_help_of_a_flag_is_that_of_its_field() -> None:
    helps = {flag.name: flag.help for flag in FLAGS}
    assert helps["--loss"] == "percent of packets that are lost; a number from 0 to 100 (default: 0.0)"
    assert helps["--codec"] == "of the camera; VP8, H264, VP9 or AV1 (default: VP8)"
