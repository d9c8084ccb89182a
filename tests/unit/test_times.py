import time

import pytest

from tests import times


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_machine", times._Machine())
    monkeypatch.delenv(times.VARIABLE, raising=False)


def test_the_factor_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(times.VARIABLE, "2.5")
    monkeypatch.setattr(times, "_work", lambda: pytest.fail("nothing is to be measured"))
    times.measure()
    assert (times.seconds(4), times.cpu_seconds(4)) == (10, 10)


@pytest.mark.parametrize("text", ["0.5", "nan", "fast"])
def test_a_factor_below_one_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(times.VARIABLE, text)
    with pytest.raises(ValueError, match=text):
        times.seconds(1)


def test_on_a_machine_as_fast_as_the_reference_limits_are_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_work", lambda: 0)
    times.measure()
    assert (times.seconds(4), times.cpu_seconds(4)) == (4, 4)


def test_a_busy_machine_has_more_time_but_no_more_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_work", lambda: time.sleep(4 * times._REFERENCE))
    times.measure()
    assert times.seconds(1) >= 4
    assert times.cpu_seconds(1) == 1


def test_a_measurement_holds_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(times, "_work", lambda: calls.append(1))
    times.measure()
    times.measure()
    assert len(calls) == 1
