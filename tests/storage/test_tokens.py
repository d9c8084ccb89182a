import asyncio

import pytest

from storage.errors import NotFoundError, TokenInvalidError, TokenReusedError
from storage.models import MailToken, Session
from storage.records import IssuedSession
from storage.store import Store
from tests.storage.mailed import issue_token, use_token

pytestmark = pytest.mark.asyncio


async def someone(store: Store, email: str = "a@x.org") -> str:
    return (await store.users.create(email, "A", "h", 1.0)).id


async def test_a_session_goes_on_by_rotation(store: Store) -> None:
    user = await someone(store)
    first = await store.tokens.issue_session(user, 10.0, 100.0, "Firefox", "192.0.2.1")
    second = await store.tokens.rotate(first.token, 20.0, 100.0, "Firefox 2", "192.0.2.2")
    assert second.token != first.token
    assert second.session.id == first.session.id
    assert (second.session.signed_in_at, second.session.last_used_at, second.session.expires_at) == (10.0, 20.0, 120.0)
    assert await store.tokens.list(user, 30.0) == [second.session]
    assert second.session.address == "192.0.2.2"
    assert await store.tokens.live([first.session.id], 30.0) == {first.session.id}
    assert await store.tokens.live([first.session.id], 120.0) == set()
    with pytest.raises(TokenInvalidError):
        await store.tokens.rotate(second.token, 120.0, 100.0)


async def test_only_hashes_are_stored(store: Store) -> None:
    user = await someone(store)
    issued = await store.tokens.issue_session(user, 1.0, 9.0)
    mailed = await issue_token(store, user, "reset", 1.0, 9.0)
    rows = await store.database.read(lambda: [*Session.select().dicts(), *MailToken.select().dicts()])
    assert len(rows) == 2
    assert issued.token not in str(rows)
    assert mailed not in str(rows)


async def test_a_token_used_twice_ends_its_session(store: Store) -> None:
    user = await someone(store)
    elsewhere = await store.tokens.issue_session(user, 1.0, 100.0)
    first = await store.tokens.issue_session(user, 1.0, 100.0)
    second = await store.tokens.rotate(first.token, 2.0, 100.0)
    with pytest.raises(TokenReusedError) as caught:
        await store.tokens.rotate(first.token, 3.0, 100.0)
    assert (caught.value.user_id, caught.value.family_id) == (user, first.session.id)
    with pytest.raises(TokenInvalidError) as after:
        await store.tokens.rotate(second.token, 4.0, 100.0)
    assert not isinstance(after.value, TokenReusedError)
    assert await store.tokens.list(user, 5.0) == [elsewhere.session]


async def test_of_two_rotations_at_once_one_succeeds_and_the_session_ends(store: Store, other: Store) -> None:
    user = await someone(store)
    for _ in range(10):
        issued = await store.tokens.issue_session(user, 1.0, 100.0)
        results = await asyncio.gather(
            *(tokens.rotate(issued.token, 2.0, 100.0) for tokens in (store.tokens, other.tokens)),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["IssuedSession", "TokenReusedError"]
        assert await store.tokens.list(user, 3.0) == []


async def test_no_token_is_born_while_all_are_revoked(store: Store, other: Store) -> None:
    user = await someone(store)
    for _ in range(10):
        issued = await store.tokens.issue_session(user, 1.0, 100.0)
        rotated, _ = await asyncio.gather(
            store.tokens.rotate(issued.token, 2.0, 100.0), other.tokens.revoke_all(user, 2.0), return_exceptions=True
        )
        assert isinstance(rotated, IssuedSession | TokenInvalidError)
        assert await store.tokens.list(user, 3.0) == []


async def test_sessions_are_revoked_by_their_user_only(store: Store) -> None:
    user, stranger = await someone(store), await someone(store, "b@x.org")
    one, two, three = [await store.tokens.issue_session(user, float(n), 100.0) for n in (1, 2, 3)]
    assert await store.tokens.list(user, 5.0) == [three.session, two.session, one.session]
    assert not await store.tokens.revoke(stranger, one.session.id, 4.0)
    assert await store.tokens.revoke(user, one.session.id, 4.0)
    assert not await store.tokens.revoke(user, one.session.id, 4.0)
    assert await store.tokens.revoke(user, two.session.id, 4.0)
    assert await store.tokens.list(user, 5.0) == [three.session]
    assert await store.tokens.revoke_all(user, 4.0, keep=three.session.id) == 0
    assert await store.tokens.revoke_all(user, 4.0) == 1
    assert await store.tokens.live([three.session.id], 5.0) == set()


async def test_sessions_are_for_users_who_may(store: Store) -> None:
    user = await someone(store)
    await store.users.disable(user, 1.0)
    for nobody in ("nobody", user):
        with pytest.raises(NotFoundError):
            await store.tokens.issue_session(nobody, 1.0, 9.0)


@pytest.mark.parametrize("token", ["", "unknown", "\0", "\ud800", "x" * 1_000_000])
async def test_whatever_comes_as_a_token_is_at_worst_invalid(store: Store, token: str) -> None:
    with pytest.raises(TokenInvalidError):
        await store.tokens.rotate(token, 1.0, 9.0)
    with pytest.raises(TokenInvalidError):
        await use_token(store, token, "reset", 1.0)


async def test_a_mailed_token_is_good_once_in_time_and_for_its_purpose(store: Store) -> None:
    user = await someone(store)
    token = await issue_token(store, user, "reset", 1.0, 9.0)
    with pytest.raises(TokenInvalidError):
        await use_token(store, token, "verify", 2.0)
    with pytest.raises(TokenInvalidError):
        await use_token(store, token, "reset", 10.0)
    assert await use_token(store, token, "reset", 9.0) == user
    with pytest.raises(TokenInvalidError):
        await use_token(store, token, "reset", 9.0)


async def test_of_many_consumers_at_once_one_succeeds(store: Store, other: Store) -> None:
    user = await someone(store)
    for _ in range(10):
        token = await issue_token(store, user, "reset", 1.0, 9.0)
        results = await asyncio.gather(
            *(use_token(each, token, "reset", 2.0) for each in (store, other) * 3),
            return_exceptions=True,
        )
        assert results.count(user) == 1
        assert sum(isinstance(result, TokenInvalidError) for result in results) == 5


async def test_what_expired_is_forgotten(store: Store) -> None:
    user = await someone(store)
    await store.tokens.issue_session(user, 1.0, 9.0)
    kept = await store.tokens.issue_session(user, 1.0, 99.0)
    await issue_token(store, user, "verify", 1.0, 9.0)
    assert await store.tokens.purge(50.0) == 2
    assert await store.tokens.purge(50.0) == 0
    assert await store.tokens.list(user, 50.0) == [kept.session]


async def test_a_session_in_use_goes_on(store: Store) -> None:
    user = await someone(store)
    issued = await store.tokens.issue_session(user, 10.0, 100.0)
    assert await store.tokens.touch(issued.session.id, 90.0, 100.0)
    (session,) = await store.tokens.list(user, 150.0)
    assert (session.signed_in_at, session.last_used_at, session.expires_at) == (10.0, 90.0, 190.0)
    assert not await store.tokens.touch(issued.session.id, 190.0, 100.0)
    await store.tokens.rotate(issued.token, 180.0, 100.0)
    await store.tokens.revoke(user, issued.session.id, 180.0)
    assert not await store.tokens.touch(issued.session.id, 185.0, 100.0)
    assert await store.tokens.live([issued.session.id], 185.0) == set()


async def test_a_password_that_was_changed_meanwhile_starts_no_session(store: Store) -> None:
    user = await someone(store)
    await store.tokens.issue_session(user, 1.0, 100.0, password_hash="h")
    await store.users.set_password(user, "new", 2.0)
    with pytest.raises(NotFoundError):
        await store.tokens.issue_session(user, 3.0, 100.0, password_hash="h")
    assert await store.tokens.list(user, 4.0) == []


async def test_looking_at_a_mailed_token_does_not_use_it_up(store: Store) -> None:
    user = await someone(store)
    token = await issue_token(store, user, "reset", 1.0, 9.0)
    for _ in range(2):
        assert await store.tokens.is_usable(token, "reset", 2.0)
    assert not await store.tokens.is_usable(token, "verify", 2.0)
    assert not await store.tokens.is_usable(token, "reset", 10.0)
    assert not await store.tokens.is_usable("unknown \0 \ud800", "reset", 2.0)
    await use_token(store, token, "reset", 2.0)
    assert not await store.tokens.is_usable(token, "reset", 2.0)
