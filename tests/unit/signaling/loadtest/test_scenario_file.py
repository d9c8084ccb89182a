from pathlib import Path

import pytest

from signaling.loadtest.scenario_file import MAX_BYTES, ScenarioError, load, parse, shipped


def test_what_is_shipped_can_be_loaded_and_says_what_it_is() -> None:
    assert set(shipped()) == {"meeting", "lecture", "many-rooms", "churn", "bad-networks"}
    for name, says in shipped().items():
        assert load(name).name == name
        assert says.endswith((".", "report."))


def test_the_shipped_scenarios_are_what_they_are_called() -> None:
    lecture = load("lecture")
    assert [group.people for group in lecture.groups] == [3, 200]
    assert load("many-rooms").rooms > 10
    assert load("churn").churn > 0
    networks = {group.name: group.network for group in load("bad-networks").groups}
    assert not networks["good"].impaired
    assert networks["loss 5 percent"].loss == 5
    assert (networks["delay 150 ms"].delay_ms, networks["delay 150 ms"].jitter_ms) == (150, 30)
    assert networks["500 kbps down"].down_kbps == 500


def test_a_file_has_the_fields_of_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('rooms = 2\nramp = 5\n[[groups]]\nname = "a"\nnetwork = {loss = 1}\n[[groups]]\npeople = 3\n')
    scenario = load(str(file))
    assert (scenario.rooms, scenario.ramp, scenario.people) == (2, 5.0, 26)
    assert scenario.groups[0].network.loss == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rooms = 0", "x: rooms: 0 isn't allowed, only a whole number from 1 to 1,000"),
        ('rooms = "3"', 'x: rooms: "3" isn\'t allowed, only a whole number from 1 to 1,000'),
        ("rooms = true", "x: rooms: true isn't allowed, only a whole number from 1 to 1,000"),
        ("ramp = 0", "x: ramp: 0 isn't allowed, only a number above 0 up to 1,000"),
        ("relayout = inf", "x: relayout: Infinity isn't allowed, only a number from 0 up"),
        ("churn = nan", "x: churn: NaN isn't allowed, only a number from 0 to 100"),
        ("seed = -1", "x: seed: -1 isn't allowed, only a whole number from 0 to 9223372036854775807"),
        ("groups = []", "x: groups: [] isn't allowed, only a list of tables, 1 to 20"),
        ("groups = 3", "x: groups: 3 isn't allowed, only a list of tables, 1 to 20"),
        ("groups = [3]", "x: groups[1]: 3 isn't allowed, only a list of tables, 1 to 20"),
        ("duration = 2026-01-01", 'x: duration: "2026-01-01" isn\'t allowed, only a number from 1 to 86,400'),
        ("[[groups]]\n[[groups]]", "x: two groups have the same name"),
        (
            "[[groups]]\npeople=2000\n[scenario]",
            "x: scenario: there is no such setting; there are name, rooms, groups, ",
        ),
        ("[[groups]]\nfps = 20", "x: groups[1].fps: 20 isn't allowed, only 15 or 30"),
        ('[[groups]]\ncodec = "vp8"', 'x: groups[1].codec: "vp8" isn\'t allowed, only VP8, H264, VP9 or AV1'),
        ("[[groups]]\naudio = 1", "x: groups[1].audio: 1 isn't allowed, only true or false"),
        ('[[groups]]\nname = "A"', 'x: groups[1].name: "A" isn\'t allowed, only lower-case letters, digits, '),
        (
            "[[groups]]\nnetwork = 3",
            "x: groups[1].network: 3 isn't allowed, only a table of loss, delay_ms, jitter_ms, ",
        ),
        (
            "[[groups]]\n[[groups]]\nnetwork = {los = 3}",
            "x: groups[2].network.los: there is no such setting; there are loss, delay_ms, jitter_ms, down_kbps, ",
        ),
        ("rooms = 1000\n[[groups]]\npeople = 11", "x: 11000 people in all; at most 10,000 are allowed"),
        ("rooms = ", "x isn't valid TOML: Invalid value (at end of document)"),
        ("[" * 5000, "x isn't valid TOML: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "x")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    binary, huge = tmp_path / "binary", tmp_path / "huge"
    binary.write_bytes(b"\xff\xfe")
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    for name, said in [
        ("metting", "there is no scenario and no file 'metting'; scenarios are bad-networks, churn, "),
        (str(tmp_path), "can't be read: Is a directory; scenarios are bad-networks, churn, "),
        ("a\0b", "can't be read: embedded null byte"),
        (str(binary), "isn't a text file in UTF-8"),
        (str(huge), "is larger than 256 kB"),
    ]:
        with pytest.raises(ScenarioError) as caught:
            load(name)
        assert said in str(caught.value)
