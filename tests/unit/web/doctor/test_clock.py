import pytest

from web.doctor.clock import check_clock
from web.doctor.finding import Level
from web.doctor.visit import Visit

TIME = "time.example"


@pytest.mark.parametrize(
    ("ahead", "level", "says"),
    [
        (0.4, Level.OK, "agrees"),
        (-29.0, Level.OK, "agrees"),
        (45.0, Level.WARNING, "45 seconds ahead of that of time.example"),
        (-200.0, Level.WARNING, "3 minutes behind"),
        (3600.0, Level.PROBLEM, "60 minutes ahead of"),
        (-7200.0, Level.PROBLEM, "2 hours behind"),
        (86_400.0 * 400, Level.PROBLEM, "400 days ahead of"),
    ],
)
def test_the_difference_is_told(ahead: float, level: Level, says: str) -> None:
    found = check_clock(TIME, Visit(status=200, ahead=ahead), own=False)
    assert found.level is level
    assert says in found.text
    assert ("timedatectl" in found.advice) == (level is not Level.OK)


def test_a_clock_is_not_compared_with_itself() -> None:
    found = check_clock("meet.example", Visit(status=200, ahead=0.0), own=True)
    assert found.level is Level.OK
    assert "--clock" in found.text


def test_whoever_gives_no_time_proves_nothing() -> None:
    assert "not compared" in check_clock(TIME, Visit(error="Connection refused"), own=False).text
    assert "not compared" in check_clock(None, Visit(), own=False).text
