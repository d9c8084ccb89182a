import pytest

from sfu.bandwidth.ladder import Offer, build_steps, default_bitrate
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.wire.rtp import Rid


def offer(rid: str, height: int, *rates: int) -> Offer:
    """An encoding with a temporal layer for each of these bitrates, in kbit/s."""
    return Offer(Rid(rid), height, {Layers(0, number): rate * 1000 for number, rate in enumerate(rates)})


CAMERA = [offer("q", 180, 60, 90, 150), offer("h", 360, 200, 300, 500), offer("f", 720, 600, 900, 1500)]


def rungs(offers: list[Offer], height: int, *, screen: bool = False) -> list[tuple[str, int, int]]:
    steps = build_steps(offers, height, screen=screen)
    return [(step.encoding, step.layers.temporal, step.bitrate // 1000) for step in steps]


def test_the_rate_of_pictures_is_halved_before_their_size_is() -> None:
    assert rungs(CAMERA, 720) == [
        ("q", 0, 60), ("q", 1, 90), ("q", 7, 150), ("h", 1, 300), ("h", 7, 500), ("f", 1, 900), ("f", 7, 1500),
    ]  # fmt: skip


def test_a_screen_jerks_before_it_gets_smaller() -> None:
    assert [rung[:2] for rung in rungs(CAMERA, 360, screen=True)] == [
        ("q", 0), ("q", 1), ("q", 7), ("h", 0), ("h", 1), ("h", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(("height", "last"), [(90, "q"), (240, "q"), (241, "h"), (480, "h"), (481, "f"), (2000, "f")])
def test_the_last_step_is_the_smallest_size_that_fills_the_tile(height: int, last: str) -> None:
    assert build_steps(CAMERA, height, screen=False)[-1].encoding == last


def test_steps_come_in_order_of_height_whatever_the_order_of_the_encodings() -> None:
    assert rungs(CAMERA[::-1], 720) == rungs(CAMERA, 720)


def test_all_layers_of_an_encoding_are_not_thinned() -> None:
    assert build_steps([offer("", 720, 1500)], 720, screen=False)[0].layers is ALL_LAYERS
    steps = build_steps(CAMERA, 180, screen=False)
    assert [step.layers for step in steps] == [Layers(7, 0), Layers(7, 1), ALL_LAYERS]


def test_what_costs_more_than_something_better_is_left_out() -> None:
    assert rungs([offer("q", 180, 400), offer("h", 360, 300, 500)], 360) == [("h", 0, 300), ("h", 7, 500)]


def test_spatial_layers_of_one_encoding_are_sizes_too() -> None:
    rates = {
        Layers(spatial, temporal): 100 * (spatial + 1) + 40 * temporal for spatial in range(3) for temporal in (0, 1)
    }
    steps = build_steps([Offer(Rid(""), 720, rates)], 360, screen=False)
    assert [(step.height, step.layers, step.bitrate) for step in steps] == [
        (180, Layers(0, 0), 100), (180, Layers(0, 7), 140), (360, Layers(1, 0), 200), (360, Layers(1, 7), 240),
    ]  # fmt: skip


@pytest.mark.parametrize(("height", "bitrate"), [(180, 150_000), (360, 500_000), (720, 1_500_000)])
def test_bitrates_are_guessed_by_height(height: int, bitrate: int) -> None:
    assert default_bitrate(height) == bitrate
    assert default_bitrate(height + 20) > bitrate
    assert default_bitrate(1) > 0
