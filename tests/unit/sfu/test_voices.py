"""Who is heard if there are more voices than slots."""

import random
from collections.abc import Callable

import pytest

from sfu.voices import IMPLAUSIBLE, TURN, WINDOW, Stage, Voice
from tests.thorough import choose

TICK = 0.25
PACKETS = 12
"""A tick."""

Source = Callable[[float], tuple[float | None, int]]
"""Loudness and size of a packet by time."""


def steady(loudness: float, size: int = 60, begins: float = 0.0) -> Source:
    return lambda now: (loudness if now >= begins else 0.0, size)


def speech(loudness: float, seed: int = 0, begins: float = 0.0, noise: float = 40.0) -> Source:
    """Sentences of two seconds, pauses of half a second."""
    rng = random.Random(seed)

    def at(now: float) -> tuple[float, int]:
        if now < begins or (now - begins) % 2.5 > 2.0:
            return noise + rng.random(), 30
        return loudness - 6 * rng.random(), 80

    return at


class Hall:
    def __init__(self, places: int, **sources: Source) -> None:
        self.places = places
        self.sources = sources
        self.voices = {name: Voice() for name in sources}
        self.counts = dict.fromkeys(sources, (0, 0))
        self.stage = Stage()
        self.now = 0.0
        self.ticks = 0
        self.heard: dict[str, int] = dict.fromkeys(sources, 0)
        self.first: list[str] = []
        self.changes = 0

    def run(self, seconds: float) -> dict[str, float]:
        """Let time pass; the share of it for which each was heard."""
        before, ticks = dict(self.heard), self.ticks
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self.ticks += 1
            for name, source in self.sources.items():
                loudness, size = source(self.now)
                packets, octets = self.counts[name]
                packets, octets = self.counts[name] = packets + PACKETS, octets + PACKETS * size
                self.voices[name].update(self.now, loudness, packets, octets)
            first = self.stage.rank(self.voices, [], self.places, self.now)[: self.places]
            self.changes += len(set(first) - set(self.first))
            self.first = first
            for name in first:
                self.heard[name] += 1
        return {name: (self.heard[name] - before[name]) / (self.ticks - ticks) for name in self.heard}


NOISES = ("a", "b", "c", "d")


@pytest.mark.parametrize("noise", [60.0, 67.0, 82.0, 110.0])
@pytest.mark.parametrize("voice", [92.0, 77.0, 71.0, 60.0])
def test_a_voice_is_heard_among_steady_noises_that_are_louder(noise: float, voice: float) -> None:
    hall = Hall(4, **{name: steady(noise) for name in NOISES}, e=speech(voice, begins=10.0))
    hall.run(10.0)
    assert hall.run(30.0)["e"] > 0.97
    assert hall.changes <= 12


def test_whoever_begins_to_speak_is_heard_at_once() -> None:
    hall = Hall(2, a=steady(0.0), b=steady(0.0), c=steady(0.0), d=speech(90.0, begins=20.0))
    hall.run(20.0)
    assert hall.run(TICK * 2)["d"] > 0.0


@pytest.mark.parametrize("seed", range(5))
def test_of_many_who_speak_at_once_everyone_gets_a_turn(seed: int) -> None:
    loudness = (110.0, 105.0, 100.0, 95.0, 90.0, 70.0)
    hall = Hall(4, **{f"v{number}": speech(level, seed + number) for number, level in enumerate(loudness)})
    hall.run(10.0)
    shares = hall.run(60.0)
    assert min(shares.values()) > 0.2
    # Nobody is cut off in the middle of a sentence: each is heard for so long at least.
    assert hall.changes < 4 + 70.0 / TURN * 4


def test_a_pause_costs_nobody_the_place_while_nobody_else_speaks() -> None:
    hall = Hall(1, a=speech(90.0), b=steady(66.0))
    hall.run(WINDOW + 5.0)
    hall.sources["a"] = steady(40.0)
    assert hall.run(20.0)["a"] == 1.0


@pytest.mark.parametrize("level", [127.0, 122.0, 120.0])
def test_liars_do_not_push_out_a_voice(level: float) -> None:
    hall = Hall(4, e=speech(95.0), **{name: steady(level, begins=5.0) for name in NOISES})
    hall.run(5.0)
    shares = hall.run(60.0)
    assert shares["e"] > 0.9


def test_levels_are_not_believed_of_packets_that_hold_nothing() -> None:
    rng = random.Random(1)
    hall = Hall(1, a=lambda _: (127.0 * rng.random(), 3), b=speech(80.0, begins=2.0))
    hall.run(2.0)
    assert hall.run(30.0)["b"] > 0.97
    assert not hall.voices["a"].speaks(hall.now)


def test_steady_noise_has_one_place_at_most_once_enough_people_have_spoken() -> None:
    noises = {name: steady(90.0) for name in NOISES}
    hall = Hall(4, **noises, **{f"v{number}": speech(80.0, number, begins=10.0 + number) for number in range(4)})
    hall.run(20.0)
    for number in range(1, 4):
        hall.sources[f"v{number}"] = steady(40.0)
    hall.run(40.0)
    assert len({name for name in NOISES if name in hall.first}) <= 1


def test_shared_music_is_heard_while_people_speak() -> None:
    hall = Hall(3, music=steady(100.0), **{f"v{number}": speech(90.0, number) for number in range(3)})
    hall.voices["music"].shared = True
    hall.run(10.0)
    assert hall.run(30.0)["music"] > 0.4


def test_a_client_without_levels_is_heard_when_its_packets_grow() -> None:
    def sizes(now: float) -> tuple[None, int]:
        return None, 90 if now >= 20.0 and now % 2.5 < 2.0 else 30

    def silence(now: float) -> tuple[None, int]:
        return None, 90 if now < 6.0 and now % 2.5 < 2.0 else 30

    hall = Hall(4, **{name: steady(66.0) for name in NOISES}, e=sizes, f=silence)
    hall.run(20.0)
    assert hall.run(20.0)["e"] > 0.95
    assert not hall.voices["f"].speaks(hall.now)


def test_a_client_that_tells_nothing_at_all_is_heard_too() -> None:
    silent_size: Source = lambda _: (None, 2)  # noqa: E731
    hall = Hall(2, a=steady(66.0), b=steady(66.0), c=lambda _: (None, 60), d=silent_size)
    hall.run(10.0)
    shares = hall.run(20.0)
    assert shares["c"] > 0.9
    assert not hall.voices["d"].speaks(hall.now)
    crowd = Hall(2, **{f"v{number}": lambda _: (None, 60) for number in range(6)})
    crowd.run(20.0)
    assert min(crowd.run(60.0).values()) > 0.1


def test_who_sends_nothing_comes_last() -> None:
    hall = Hall(1, a=speech(90.0), b=steady(0.0))
    hall.run(10.0)
    assert hall.stage.rank(hall.voices, ["a"], 1, hall.now) == ["b", "a"]
    assert hall.stage.rank({}, [], 1, hall.now) == []


def test_no_loudness_that_a_voice_can_have_is_disbelieved() -> None:
    voice = Voice()
    voice.update(0.0, IMPLAUSIBLE - 1, 10, 800)
    assert voice.speaks(0.0)


FRAME = 0.02


class Trace:
    """Voices judged as in a crowded room: every 50 ms, packet by packet. None instead of a loudness: no packet."""

    def __init__(self, places: int, **sources: Callable[[float], float | None]) -> None:
        self.places, self.sources = places, sources
        self.voices = {name: Voice() for name in sources}
        self.counts = dict.fromkeys(sources, (0, 0))
        self.stage = Stage()
        self.frame = 0
        self.first: list[str] = []
        self.changes = 0
        self.taken: dict[str, list[float]] = {name: [] for name in sources}
        """When each was given a place."""

    @property
    def now(self) -> float:
        return self.frame * FRAME

    def run(self, seconds: float) -> None:
        pending: dict[str, list[float]] = {name: [] for name in self.sources}
        end = self.frame + round(seconds / FRAME)
        while self.frame < end:
            self.frame += 1
            for name, source in self.sources.items():
                loudness = source(self.now)
                if loudness is not None:
                    packets, octets = self.counts[name]
                    self.counts[name] = packets + 1, octets + 60
                    pending[name].append(float(round(loudness)))
            if self.frame % 5 not in (0, 2):  # after 2 and 3 packets in turn: every 50 ms
                continue
            for name, voice in self.voices.items():
                levels, pending[name] = pending[name], []
                mean = sum(levels) / len(levels) if levels else 0.0
                voice.update(self.now, mean, *self.counts[name], levels=levels)
            first = self.stage.rank(self.voices, [], self.places, self.now)[: self.places]
            for name in set(first) - set(self.first):
                self.taken[name].append(self.now)
                self.changes += 1
            self.first = first


def hum(loudness: float, seed: int, spread: float = 1.0) -> Callable[[float], float | None]:
    rng = random.Random(seed)
    return lambda _: loudness + rng.gauss(0, spread)


def talk(
    loudness: float, seed: int, words: list[tuple[float, float]], noise: float | None = 50.0
) -> Callable[[float], float | None]:
    """Syllables of 200 ms in words from one time to another; noise in between, None: nothing is sent."""
    rng = random.Random(seed)

    def at(now: float) -> float | None:
        for begins, ends in words:
            if begins <= now < ends:
                return loudness + rng.gauss(0, 2) - (15 if (now - begins) % 0.25 >= 0.2 else 0)
        return None if noise is None else noise + rng.gauss(0, 1)

    return at


@pytest.mark.parametrize("seed", range(choose(3, 8)))
def test_a_voice_four_decibels_above_the_noise_gets_a_place(seed: int) -> None:
    level = 62.0 + seed
    soft = talk(level + 4, seed, [(8.0, 10.0)], noise=level)
    trace = Trace(4, e=soft, **{name: hum(level, 50 + seed + index, 0.5) for index, name in enumerate(NOISES)})
    trace.run(8.0)
    trace.taken["e"].clear()
    held = "e" in trace.first
    trace.run(1.0)
    assert held or trace.taken["e"][0] < 8.5


@pytest.mark.parametrize("seed", range(choose(3, 8)))
@pytest.mark.parametrize("pause_noise", [50.0, 62.0, None], ids=["quiet", "noisy", "dtx"])
def test_a_word_is_noticed_before_its_first_packets_are_forgotten(seed: int, pause_noise: float | None) -> None:
    rng = random.Random(seed)
    turns = [(8.0 + turn * 0.8 + rng.random() * 0.2, turn * 7 % 20) for turn in range(20)]
    sources = {
        f"v{number}": talk(
            75 + rng.random() * 30, seed + number, [(at, at + 0.6) for at, who in turns if who == number], pause_noise
        )
        for number in range(20)
    }
    trace = Trace(4, **sources)
    trace.run(8.0)
    for at, who in turns:
        voice = trace.voices[f"v{who}"]
        trace.run(at + 0.35 - trace.now)
        assert f"v{who}" in trace.first
        assert voice.began_at <= at + 0.03
        assert voice.noticed_at - at < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_clicks_and_comfort_noise_do_not_take_places(seed: int) -> None:
    rng = random.Random(seed)
    clicks = [8.0 + 0.15 * number + 0.05 * rng.random() for number in range(60)]

    def typing(now: float) -> float:
        return 95.0 if any(0 <= now - at < 0.03 for at in clicks) else 50.0 + rng.random()

    def comfort(now: float) -> float | None:
        return 66.0 if round(now / FRAME) % 20 == 0 else None

    speakers = {f"v{number}": talk(90, number, [(1.0 + number * 2, 2.5 + number * 2)]) for number in range(3)}
    trace = Trace(3, typing=typing, comfort=comfort, **speakers)
    trace.run(8.0)
    changes = trace.changes
    trace.run(10.0)
    assert sorted(trace.first) == ["v0", "v1", "v2"]
    assert trace.changes == changes


def test_four_speakers_among_a_hundred_who_send_nothing_in_pauses_keep_their_places() -> None:
    quiet = {f"q{number}": talk(80, number, [], None) for number in range(96)}
    words = [
        [(1.0 + number * 0.7 + 3 * turn, 2.0 + number * 0.7 + 3 * turn) for turn in range(6)] for number in range(4)
    ]
    trace = Trace(4, **quiet, **{f"v{number}": talk(90, number, words[number], None) for number in range(4)})
    trace.run(5.0)
    changes = trace.changes
    trace.run(12.0)
    assert sorted(trace.first) == ["v0", "v1", "v2", "v3"]
    assert trace.changes == changes


def test_echo_and_breath_do_not_take_the_place_of_who_speaks() -> None:
    def breath(now: float) -> float:
        return 62.0 if now % 4 < 1.5 else 50.0

    speakers = {f"v{number}": talk(95, number, [(1.0, 30.0)]) for number in range(4)}
    echo = talk(70, 9, [(8.0 + turn, 8.25 + turn) for turn in range(12)])
    trace = Trace(4, **speakers, echo=echo, breath=breath)
    trace.run(20.0)
    assert not trace.taken["echo"]
    assert not [at for at in trace.taken["breath"] if at > 2.0]
