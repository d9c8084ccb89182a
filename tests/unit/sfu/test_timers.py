from sfu.timers import Timers


def test_each_owner_is_woken_once_at_its_earliest_time() -> None:
    timers: Timers[str] = Timers()
    for owner, when in (("a", 5.0), ("b", 3.0), ("a", 4.0), ("a", 9.0)):
        timers.bring_forward(owner, when)
    assert timers.timeout() == 3.0
    assert timers.due(2.9) == []
    assert timers.due(10.0) == ["b", "a"]
    assert (timers.timeout(), timers.due(100.0)) == (None, [])


def test_an_owner_that_was_woken_can_be_set_again() -> None:
    timers: Timers[str] = Timers()
    timers.bring_forward("a", 1.0)
    timers.due(1.0)
    timers.bring_forward("a", 7.0)
    assert timers.timeout() == 7.0


def test_who_was_cancelled_is_never_woken_and_not_kept() -> None:
    timers: Timers[object] = Timers()
    owners = [object() for _ in range(100)]
    for number, owner in enumerate(owners):
        timers.bring_forward(owner, float(number))
    for owner in owners[:-1]:
        timers.cancel(owner)
        timers.cancel(owner)
    assert timers.timeout() == 99.0
    assert timers.due(1000.0) == owners[-1:]


def test_of_those_who_are_due_no_more_are_taken_out_than_wanted_and_the_earliest_first() -> None:
    timers = Timers[str]()
    for owner, when in (("c", 3.0), ("a", 1.0), ("b", 2.0), ("later", 9.0)):
        timers.bring_forward(owner, when)
    timers.bring_forward("gone", 0.5)
    timers.cancel("gone")
    assert timers.due(5.0, 2) == ["a", "b"]
    assert timers.timeout() == 3.0
    assert timers.due(5.0, 2) == ["c"]
    assert timers.due(5.0, 2) == []
