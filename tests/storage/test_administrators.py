import pytest

from storage.errors import NameTakenError, NotFoundError
from storage.models import ApiKey, tuples
from storage.store import Store

pytestmark = pytest.mark.asyncio

T = 1_800_000_000.0


async def test_the_first_administrator_is_made_once(store: Store) -> None:
    ada = await store.users.create("ada@example.org", "Ada", "hash", T)
    ben = await store.users.create("ben@example.org", "Ben", "hash", T)
    assert ada.administrator_at is None
    assert not await store.users.has_administrator()
    assert not await store.users.become_first_administrator("nobody", T)
    assert await store.users.become_first_administrator(ada.id, T + 1)
    assert not await store.users.become_first_administrator(ben.id, T + 2)
    found = await store.users.by_id(ada.id)
    assert found is not None
    assert found.administrator_at == T + 1
    assert await store.users.has_administrator()
    await store.users.disable(ada.id, T + 3)
    assert not await store.users.has_administrator()


async def test_administrators_are_made_and_unmade(store: Store) -> None:
    ada = await store.users.create("ada@example.org", "Ada", "hash", T)
    assert await store.users.set_administrator(ada.id, T)
    assert await store.users.set_administrator(ada.id, T + 9)
    found = await store.users.by_id(ada.id)
    assert found is not None
    assert found.administrator_at == T
    assert await store.users.set_administrator(ada.id, None)
    assert not await store.users.has_administrator()
    assert not await store.users.set_administrator("nobody", T)


async def test_users_are_found_by_parts_of_name_and_address(store: Store) -> None:
    for number, name in enumerate(["Ada 100%", "Ben", "Cy_"]):
        await store.users.create(f"{name[:2].lower()}@example.org", name, "hash", T + number)
    found, count = await store.users.search("", 2, 0)
    assert ([user.name for user in found], count) == (["Cy_", "Ben"], 3)
    assert [user.name for user in (await store.users.search("", 2, 2))[0]] == ["Ada 100%"]
    assert [user.name for user in (await store.users.search("BEN", 9, 0))[0]] == ["Ben"]
    assert [user.name for user in (await store.users.search("0%", 9, 0))[0]] == ["Ada 100%"]
    assert [user.name for user in (await store.users.search("_", 9, 0))[0]] == ["Cy_"]
    assert await store.users.search("nobody", 9, 0) == ([], 0)


async def test_a_key_is_found_by_its_token_until_it_is_revoked(store: Store) -> None:
    token = await store.api_keys.create("Monitoring", ["server.read", "calls.read"], T)
    assert token.startswith("milanio_")
    with pytest.raises(NameTakenError):
        await store.api_keys.create("Monitoring", ["calls.read"], T)
    found = await store.api_keys.by_token(token, T)
    assert found is not None
    assert (found.name, found.scopes, found.last_used_at) == (
        "Monitoring",
        frozenset({"server.read", "calls.read"}),
        None,
    )
    await store.api_keys.touch(found.id, T + 5)
    assert [key.last_used_at for key in await store.api_keys.list()] == [T + 5]
    assert await store.api_keys.by_token(token + "x", T) is None
    assert await store.api_keys.by_token("\ud800\0", T) is None
    assert not await store.api_keys.revoke("Other")
    assert await store.api_keys.revoke("Monitoring")
    assert await store.api_keys.by_token(token, T) is None


async def test_the_token_is_not_in_the_database(store: Store) -> None:
    token = await store.api_keys.create("Monitoring", ["server.read"], T)
    (stored,) = await store.database.read(lambda: tuples(ApiKey.select()))
    assert not any(token in str(value) for value in stored)


async def test_a_key_ends_with_its_time_and_with_its_owner(store: Store) -> None:
    ada = await store.users.create("ada@example.org", "Ada", "hash", T)
    token = await store.api_keys.create("Portal", ["rooms"], T, ada.id, T + 10)
    found = await store.api_keys.by_token(token, T + 9)
    assert found is not None
    assert (found.owner, found.expires_at) == (ada, T + 10)
    assert await store.api_keys.by_token(token, T + 10) is None
    assert [key.name for key in await store.api_keys.list()] == ["Portal"]
    await store.users.disable(ada.id, T)
    assert await store.api_keys.by_token(token, T) is None
    await store.users.enable(ada.id)
    assert await store.api_keys.by_token(token, T) is not None
    await store.users.delete(ada.id, T)
    assert await store.api_keys.list() == []
    with pytest.raises(NotFoundError):
        await store.api_keys.create("Portal", ["rooms"], T, ada.id)


async def test_a_key_is_revoked_by_its_id(store: Store) -> None:
    await store.api_keys.create("Portal", ["rooms"], T)
    (key,) = await store.api_keys.list()
    assert (key.owner, key.expires_at) == (None, None)
    assert not await store.api_keys.revoke_id("nobody")
    assert await store.api_keys.revoke_id(key.id)
    assert await store.api_keys.list() == []
