import datetime
import logging
from pathlib import Path

import pytest

from tests.certificates import DAY, NOW, Authority
from web.acme.proofs import Proofs
from web.acme.renewal import FIRST_PAUSE, LONGEST_PAUSE, Renewal
from web.acme.request import OrderError, Request

MINUTE = datetime.timedelta(minutes=1)


class FakeAuthority:
    """Certifies for 90 days from the given moment, or refuses."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.refuses = False
        self.error: Exception = OrderError("no")
        self.orders = 0
        self.now = NOW

    def order(self, request: Request, _proofs: Proofs) -> bytes:
        self.orders += 1
        if self.refuses:
            raise self.error
        certificate, key = self.authority.issue(*request.hosts, begins=self.now, ends=self.now + 90 * DAY)
        return key + certificate


@pytest.fixture
def authority() -> FakeAuthority:
    return FakeAuthority()


def renewal(folder: Path, authority: FakeAuthority, *hosts: str) -> Renewal:
    request = Request(hosts or ("meet.example",), "https://ca.example/dir", None, folder, over_http=False)
    return Renewal(request, authority.order)


@pytest.mark.asyncio
async def test_it_has_its_own_until_the_authority_has_given_one(tmp_path: Path, authority: FakeAuthority) -> None:
    keeping = renewal(tmp_path, authority)
    own = keeping.certificate()
    assert own is not None
    assert own.self_signed
    assert keeping.due(NOW)
    assert await keeping.renew(NOW)
    given = keeping.certificate()
    assert given is not None
    assert not given.self_signed
    assert keeping.path.stat().st_mode & 0o777 == 0o600
    assert not keeping.due(NOW)


@pytest.mark.asyncio
async def test_a_third_before_its_end_it_gets_the_next_one(tmp_path: Path, authority: FakeAuthority) -> None:
    keeping = renewal(tmp_path, authority)
    await keeping.renew(NOW)
    assert not keeping.due(NOW + 59 * DAY)
    assert keeping.due(NOW + 61 * DAY)
    authority.now = NOW + 61 * DAY
    await keeping.renew(authority.now)
    assert not keeping.due(NOW + 91 * DAY)


@pytest.mark.asyncio
async def test_a_certificate_is_kept_over_a_restart_but_not_for_other_names(
    tmp_path: Path, authority: FakeAuthority
) -> None:
    await renewal(tmp_path, authority).renew(NOW)
    assert not renewal(tmp_path, authority).due(NOW)
    assert renewal(tmp_path, authority, "meet.example", "call.example").due(NOW)


@pytest.mark.asyncio
async def test_it_tries_again_later_and_later(
    tmp_path: Path, authority: FakeAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    keeping, now, pauses = renewal(tmp_path, authority), NOW, []
    authority.refuses = True
    for _ in range(10):
        before = now
        assert not await keeping.renew(now)
        while not keeping.due(now):
            now += MINUTE
        pauses.append(now - before)
    assert pauses[0] == FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert keeping.problem == "no"
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 10
    authority.refuses = False
    assert await keeping.renew(now)
    assert keeping.problem is None


@pytest.mark.asyncio
async def test_an_error_that_nobody_thought_of_does_not_end_it(
    tmp_path: Path, authority: FakeAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    keeping = renewal(tmp_path, authority)
    authority.refuses, authority.error = True, TypeError("list indices must be integers")
    assert not await keeping.renew(NOW)
    assert keeping.problem == "list indices must be integers"
    assert any(record.exc_info for record in caplog.records)
    authority.refuses = False
    assert await keeping.renew(NOW + FIRST_PAUSE)
