from web.security.fair_queue import FairQueue


def taken(queue: FairQueue[str]) -> list[str]:
    found = []
    while (item := queue.get()) is not None:
        found.append(item)
    return found


def test_keys_take_turns() -> None:
    queue = FairQueue[str](100, 100)
    for number in range(4):
        assert queue.put("flood", f"f{number}", first=False) is None
    queue.put("ada", "a0", first=False)
    queue.put("ben", "b0", first=False)
    assert taken(queue) == ["f0", "a0", "b0", "f1", "f2", "f3"]
    assert len(queue) == 0


def test_the_known_go_first_and_do_not_starve_the_others() -> None:
    queue = FairQueue[str](100, 100)
    for number in range(6):
        queue.put("stranger", f"s{number}", first=False)
        queue.put("ada", f"a{number}", first=True)
    assert taken(queue) == ["a0", "a1", "a2", "s0", "a3", "a4", "a5", "s1", "s2", "s3", "s4", "s5"]


def test_one_key_has_its_share_and_no_more() -> None:
    queue = FairQueue[str](100, 2)
    assert [queue.put("flood", f"f{number}", first=False) for number in range(4)] == [None, None, "f2", "f3"]
    assert queue.put("ada", "a0", first=False) is None


def test_in_a_full_queue_those_with_most_make_room_for_those_with_less() -> None:
    queue = FairQueue[str](4, 100)
    for number in range(3):
        queue.put("flood", f"f{number}", first=False)
    queue.put("ada", "a0", first=False)
    assert queue.put("ben", "b0", first=False) == "f2"
    assert queue.put("flood", "f3", first=False) == "f3"
    assert taken(queue) == ["f0", "a0", "b0", "f1"]


def test_a_full_queue_has_room_for_the_known() -> None:
    queue = FairQueue[str](2, 100)
    queue.put("one", "1", first=False)
    queue.put("two", "2", first=False)
    assert queue.put("three", "3", first=False) == "3"
    assert queue.put("ada", "a0", first=True) == "1"
    assert queue.put("ada", "a1", first=True) == "2"
    assert queue.put("ada", "a2", first=True) == "a2"
    assert taken(queue) == ["a0", "a1"]


def test_what_nobody_wants_any_more_makes_room() -> None:
    queue = FairQueue[str](2, 2)
    queue.put("a", "a0", first=False)
    queue.put("b", "b0", first=True)
    assert queue.remove("a0")
    assert not queue.remove("a0")
    assert not queue.remove("x")
    assert queue.put("c", "c0", first=False) is None
    assert taken(queue) == ["b0", "c0"]
