import asyncio
import os
import threading
import time

import bcrypt
import pytest
import pytest_asyncio

from tests import times
from tests.thorough import choose
from web.security.passwords import MAX_BYTES, NICENESS, PasswordHasher, TooBusyError, check_password


@pytest_asyncio.fixture
async def hasher() -> PasswordHasher:
    return PasswordHasher(workers=1, queue_limit=2, cost=4)


@pytest.mark.parametrize(
    "text", ["correct horse", "x7#kQp2z", "é" * 36, "a b c d e", "q" * 71 + "z", "🐎" * 18, "Ελληνικά!"]
)
def test_a_good_password_is_accepted(text: str) -> None:
    assert check_password(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "at least 8"),
        ("x7#kQp2", "at least 8"),
        ("🐎" * 7, "at least 8"),
        ("q" * 73, "72 bytes at most"),
        ("é" * 37, "72 bytes at most"),
        ("🐎" * 19, "72 bytes at most"),
        ("q" * 1_000_000, "72 bytes at most"),
        ("PassWord123", "most common"),
        ("12345678", "most common"),
        ("correct\0horse", "control"),
        ("correct\r\nhorse", "control"),
        ("correct \ud800 horse", "control"),
    ],
)
def test_a_bad_password_is_refused_with_a_reason(text: str, reason: str) -> None:
    found = check_password(text)
    assert found is not None
    assert reason in found


@pytest.mark.asyncio
async def test_only_the_password_matches_its_hash(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash("correct horse é")
    assert hashed.startswith("$2b$04$")
    assert hashed != await hasher.hash("correct horse é")
    assert await hasher.verify("correct horse é", hashed)
    assert not await hasher.verify("correct horse e", hashed)
    assert not await hasher.verify("", hashed)
    assert not hasher.needs_rehash(hashed)
    assert PasswordHasher(cost=5).needs_rehash(hashed)
    hasher.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["q" * 73, "é" * 37, "q" * 1_000_000, "\ud800" * 8])
async def test_what_is_too_long_never_reaches_bcrypt(
    hasher: PasswordHasher, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(*_: object) -> None:
        raise AssertionError

    hashed = await hasher.hash("q" * MAX_BYTES)
    monkeypatch.setattr(bcrypt, "checkpw", reached)
    monkeypatch.setattr(bcrypt, "hashpw", reached)
    assert await hasher.verify(text, hashed) is False
    assert await hasher.verify(text, None) is False
    with pytest.raises(ValueError, match="longer"):
        await hasher.hash(text)
    hasher.close()


@pytest.mark.asyncio
async def test_for_an_unknown_user_the_same_is_done_as_for_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not measured, as other work on the machine would be too: bcrypt takes as long for every hash of one cost."""
    hasher = PasswordHasher(cost=5)
    hashed = await hasher.hash("correct horse")
    checked: list[bytes] = []
    real = bcrypt.checkpw

    def check(password: bytes, against: bytes) -> bool:
        checked.append(against)
        return real(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    assert not await hasher.verify("wrong horse", hashed)
    assert not await hasher.verify("wrong horse", None)
    assert [len(each) for each in checked] == [60, 60]
    assert {each[:7] for each in checked} == {b"$2b$05$"}
    hasher.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("damaged", ["", "x", "$2b$12$short", "$2b$99$" + "." * 53])
async def test_a_damaged_hash_matches_nothing(hasher: PasswordHasher, damaged: str) -> None:
    assert not await hasher.verify("correct horse", damaged)
    hasher.close()


@pytest.mark.asyncio
async def test_a_full_pool_refuses_at_once_and_takes_work_again_later() -> None:
    hasher = PasswordHasher(workers=1, queue_limit=2, cost=8)
    tries = await asyncio.gather(*(hasher.verify("wrong horse", None) for _ in range(10)), return_exceptions=True)
    assert [type(result) for result in tries] == [bool] * 3 + [TooBusyError] * 7
    assert await asyncio.gather(*(hasher.verify("wrong horse", None) for _ in range(3))) == [False] * 3
    hasher.close()


@pytest.mark.asyncio
async def test_requests_given_up_make_room_again() -> None:
    hasher = PasswordHasher(workers=1, queue_limit=2, cost=8)
    for _ in range(20):
        tasks = [asyncio.create_task(hasher.verify("wrong horse", None)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        # What already runs keeps its place until its thread is done; nothing else is lost.
        assert all(isinstance(result, asyncio.CancelledError | TooBusyError) for result in results)
    async with asyncio.timeout(times.seconds(5)):
        while (
            await asyncio.gather(*(hasher.verify("wrong horse", None) for _ in range(3)), return_exceptions=True)
            != [False] * 3
        ):
            await asyncio.sleep(0.05)
    hasher.close()


@pytest.mark.asyncio
async def test_closing_tells_who_waits_and_who_comes_later() -> None:
    hasher = PasswordHasher(workers=1, queue_limit=5, cost=8)
    tasks = [asyncio.create_task(hasher.verify("wrong horse", None)) for _ in range(4)]
    await asyncio.sleep(0)
    hasher.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results[1:]] == [TooBusyError] * 3
    with pytest.raises(TooBusyError):
        await hasher.verify("wrong horse", None)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="niceness is by thread on Linux only")
@pytest.mark.asyncio
async def test_only_the_hashing_threads_give_way(hasher: PasswordHasher) -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    before = threading.enumerate()  # one of another test may still be at its last hash
    await hasher.verify("wrong horse", None)
    (worker,) = [each for each in threading.enumerate() if each.name.startswith("passwords") and each not in before]
    assert worker.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, worker.native_id) == max(own, NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
    hasher.close()


@pytest.mark.parametrize("cost", [3, 17])
def test_a_cost_out_of_range_is_refused(cost: int) -> None:
    with pytest.raises(ValueError, match="cost"):
        PasswordHasher(cost=cost)


async def loop_lag(count: int, cost: int, workers: int = 1, tick: float = 0.005) -> list[float]:
    """How late, in seconds, a timer of `tick` came while `count` verifications were queued; sorted."""
    hasher = PasswordHasher(workers, count, cost)
    work = asyncio.gather(*(hasher.verify("wrong horse", None) for _ in range(count)))
    lags = []
    while not work.done():
        start = time.perf_counter()
        await asyncio.sleep(tick)
        lags.append(max(0.0, time.perf_counter() - start - tick))
    await work
    hasher.close()
    return sorted(lags)


@pytest.mark.asyncio
async def test_the_loop_runs_on_while_many_passwords_are_checked() -> None:
    start = time.perf_counter()
    lags = await loop_lag(choose(40, 100), 8)
    whole = time.perf_counter() - start
    # On the loop itself, or with the interpreter's lock held, the timer would come once or twice in all that time.
    assert len(lags) > whole / times.seconds(0.05)
    assert lags[len(lags) // 2] < times.seconds(0.02)
