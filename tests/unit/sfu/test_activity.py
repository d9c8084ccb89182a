"""What counts as speech over an immediate, a medium and a long time."""

import random

import pytest

from sfu.activity import BEGIN, BLOCKS, FRAMES, GO_ON, STEP, STEPS, Activity

LOUD, QUIET = STEP * STEPS, -1.0


def test_a_word_is_noticed_within_a_tenth_of_a_second() -> None:
    activity = Activity()
    assert [activity.add(LOUD) for _ in range(FRAMES)] == [1, 2, 3, BEGIN, 5]


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_clicks_are_no_speech_however_many_there_are(length: int, seed: int) -> None:
    rng = random.Random(seed)
    activity = Activity()
    for _ in range(200):
        assert max(activity.add(LOUD) for _ in range(length)) < BEGIN
        for _ in range(rng.randrange(4, 12)):
            assert activity.add(QUIET) == 0


def test_a_dip_between_syllables_does_not_end_a_word() -> None:
    activity = Activity()
    for _ in range(FRAMES):
        activity.add(LOUD)
    activity.add(QUIET)
    activity.add(QUIET)
    assert activity.add(1.0) >= GO_ON


def test_scores_grow_with_loudness_and_length() -> None:
    scores = []
    for excess in (QUIET, 1.0, 10.0, LOUD):
        activity = Activity()
        activity.add(excess)
        scores.append(activity.score())
    for _ in range(FRAMES * BLOCKS - 1):
        activity.add(LOUD)
        assert activity.score() >= scores[-1]
        scores.append(activity.score())
    assert scores == sorted(scores)
    assert scores[0] == 0.0
    assert scores[-1] == pytest.approx(1.0)


def test_a_loud_click_scores_less_than_a_soft_word() -> None:
    click, word = Activity(), Activity()
    click.add(LOUD)
    for _ in range(20):
        word.add(1.0)
    assert word.score() > click.score()


def test_a_pause_in_transmission_is_silence() -> None:
    activity = Activity()
    for _ in range(FRAMES * BLOCKS):
        activity.add(LOUD)
    activity.skip(10_000)
    assert (activity.score(), activity.run) == (0.0, 0)


def test_the_beginning_of_a_word_is_found_again() -> None:
    activity = Activity()
    activity.add(LOUD)  # a click before the word
    for _ in range(5):
        activity.add(QUIET)
    for frames in range(1, 8):
        activity.add(LOUD)
        assert activity.run == frames
