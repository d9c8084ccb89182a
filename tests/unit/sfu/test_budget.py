import pytest

from sfu.budget import Budget


def test_a_burst_at_once_and_then_so_much_a_second() -> None:
    budget = Budget(10, 2)
    assert sum(budget.spend(1, 5.0) for _ in range(20)) == 10
    assert not budget.spend(1, 5.4)
    assert budget.spend(1, 5.5)
    assert not budget.spend(1, 5.6)
    assert sum(budget.spend(1, 1000.0) for _ in range(20)) == 10


def test_what_is_too_much_is_not_taken() -> None:
    budget = Budget(10, 1)
    assert not budget.spend(11, 0.0)
    assert budget.spend(10, 0.0)


def test_what_was_used_already_may_be_more_than_is_left_and_is_paid_off() -> None:
    budget = Budget(10, 2)
    budget.charge(14, 0.0)
    assert budget.left(0.0) == -4
    assert budget.left(2.0) == 0
    assert not budget.spend(1, 2.0)
    assert budget.spend(1, 2.5)
    budget.charge(1000, 2.5)
    assert budget.left(2.5) == -10


@pytest.mark.parametrize("now", [-5.0, 0.0, 1e9])
def test_a_clock_that_goes_back_gives_nothing(now: float) -> None:
    budget = Budget(10, 2)
    assert budget.spend(10, now)
    assert not budget.spend(1, now - 100)
    assert budget.left(now) == 0
