"""Databases of earlier versions, kept in `dumps`, migrate to today's schema and keep everything that is in them.

The tokens that the dumps hold hashes of are the constants below; everything else is in the files.
"""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from signaling.messages.room_settings import NEW_ROOM
from storage import models
from storage.database import Database
from storage.errors import TokenReusedError
from storage.migrations import STEPS, migrate
from storage.records import Invitation, Message
from storage.store import Store
from tests.storage.test_migrations import schema

pytestmark = pytest.mark.asyncio

DUMPS = Path(__file__).parent / "dumps"
VERSIONS = sorted({int(path.stem.partition("_")[0][1:]) for path in DUMPS.glob("v*.sql")})

T = 1_760_000_000.0
"""When the data of version 3 was made."""
NOW = T + 1000
FIRST_MESSAGE = int((T + 20) * 1_000_000)
REFRESH_TOKEN = "2FCZCVqjABZaZwNvm1QNa48L4hEkF5w92fc4F85uEY0"
MAIL_TOKEN = "y5bE262-FyKW1SNKQrJMa6Tm7STsY2qKwKEnHlhmJ5I"


def load(url: str, version: int) -> None:
    """Fill an empty database from a dump."""
    if url.startswith("sqlite:///"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript((DUMPS / f"v{version}_sqlite.sql").read_text())
        connection.close()
        return
    with psycopg.connect(url) as connected:
        connected.execute((DUMPS / f"v{version}_postgresql.sql").read_bytes())


@pytest_asyncio.fixture
async def v3(url: str) -> AsyncIterator[Store]:
    load(url, 3)
    async with Store(url) as store:
        yield store


async def test_there_is_a_dump_of_the_first_release_for_both_databases() -> None:
    assert VERSIONS[0] == 3
    for version in VERSIONS:
        assert (DUMPS / f"v{version}_sqlite.sql").exists()
        assert (DUMPS / f"v{version}_postgresql.sql").exists()


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_schema_is_that_of_a_new_database(url: str, version: int) -> None:
    load(url, version)
    async with Database(url) as database:
        assert await migrate(database) == [f"{step.version} {step.name}" for step in STEPS[version:]]
        assert await migrate(database) == []
        upgraded = await database.read(schema)
        await database.run(_drop_everything)
        assert await migrate(database) == [f"{step.version} {step.name}" for step in STEPS]
        assert upgraded == await database.read(schema)


def _drop_everything() -> None:
    models.current.drop_tables(models.ALL, cascade=models.current.for_update)
    models.current.execute_sql("DROP TABLE schema_version")


async def test_accounts(v3: Store) -> None:
    ada, ben = await v3.users.by_email("ada@example.org"), await v3.users.by_email("ben@example.org")
    cy = await v3.users.by_email("cy@example.org")
    assert ada is not None
    assert ben is not None
    assert cy is not None
    assert (ada.name, ada.password_hash, ada.verified_at) == ("Ada O'Neill", "$2b$12$abcdefghijklmnopqrstuv", T + 3)
    assert (ada.avatar_colour, ada.has_avatar, ada.disabled_at, ada.created_at) == ("#3355aa", True, None, T)
    assert (ben.name, ben.theme, ben.verified_at) == ("Bén 🎈", "dark", None)
    assert cy.disabled_at == T + 4
    avatar = await v3.users.avatar(ada.id)
    assert avatar is not None
    assert (avatar.data, avatar.type) == (bytes(range(240, 256)) + b"\0'", "image/webp")


async def test_log_ins_and_mails(v3: Store) -> None:
    ada, ben = await v3.users.by_email("ada@example.org"), await v3.users.by_email("ben@example.org")
    assert ada is not None
    assert ben is not None
    (session,) = await v3.tokens.list(ada.id, NOW)
    assert (session.user_agent, session.address, session.signed_in_at) == ("Firefox", "192.0.2.7", T + 5)
    assert await v3.tokens.list(ben.id, NOW) == []
    following = await v3.tokens.rotate(REFRESH_TOKEN, NOW, 100.0)
    assert following.session.id == session.id
    with pytest.raises(TokenReusedError):
        await v3.tokens.rotate(REFRESH_TOKEN, NOW, 100.0)
    assert await v3.tokens.is_usable(MAIL_TOKEN, "verify", NOW)
    hashed = await v3.users.unconfirmed_hash(MAIL_TOKEN, NOW)
    assert hashed == ben.password_hash
    (mail,) = await v3.mail.claim_due(NOW)
    assert (mail.recipient, mail.subject) == ("ben@example.org", "Confirm your address")
    assert (mail.text, mail.html) == ("Hello,\n\nconfirm.\n", "<p>Hello</p>")


async def test_rooms(v3: Store) -> None:
    ada, ben = await v3.users.by_email("ada@example.org"), await v3.users.by_email("ben@example.org")
    staff, guests = await v3.rooms.by_code("abcde-fghjk-mnpqr"), await v3.rooms.by_code("23456-789ab-cdefg")
    gone = await v3.rooms.by_code("zzzzz-yyyyy-xxxxx")
    assert ada is not None
    assert ben is not None
    assert staff is not None
    assert guests is not None
    assert gone is not None
    changed = {"title": 'Staff; "weekly"', "access": "members", "capacity": 12, "start_muted": True}
    assert staff.settings == {**NEW_ROOM, **changed}
    assert (staff.owner_id, staff.state, staff.last_active_at) == (ada.id, "active", T + 13)
    assert (guests.owner_id, guests.state, guests.expires_at) == (None, "created", T + 10 + 86400)
    assert (gone.state, gone.ended_at) == ("destroyed", T + 12)
    assert {(member.user_id, member.role) for member in await v3.rooms.members(staff.id)} >= {(ben.id, "host")}
    invitation = Invitation(staff.id, "dee@example.org", "member", T + 15)
    assert await v3.rooms.invitations(staff.id) == [invitation]
    (ban,) = await v3.rooms.bans(staff.id)
    assert (ban.person_id, ban.name, ban.banned_by, ban.banned_at) == ("guest-of-old", "Mallory", ada.id, T + 16)


async def test_chat_and_history(v3: Store) -> None:
    ada, ben = await v3.users.by_email("ada@example.org"), await v3.users.by_email("ben@example.org")
    staff, guests = await v3.rooms.by_code("abcde-fghjk-mnpqr"), await v3.rooms.by_code("23456-789ab-cdefg")
    assert ada is not None
    assert ben is not None
    assert staff is not None
    assert guests is not None
    first, private, deleted = await v3.chat.page(staff.id, ada.id)
    assert first == Message(
        staff.id, FIRST_MESSAGE, ada.id, "Ada O'Neill", "Good morning\nall of you 👋", None, None, T + 20
    )
    assert (private.sender_id, private.text, private.recipient_id) == (ben.id, "it's private", ada.id)
    assert (deleted.id, deleted.text, deleted.deleted_at) == (FIRST_MESSAGE + 2, "", T + 23)
    assert [message.id for message in await v3.chat.page(staff.id, "somebody else")] == [first.id, deleted.id]
    assert [message.id for message in await v3.chat.page(guests.id, None)] == [FIRST_MESSAGE]
    events = await v3.history.page(staff.id)
    assert [(event.person_id, event.name, event.kind) for event in events] == [
        (ada.id, "Ada O'Neill", "joined"),
        ("guest-9", "Gus", "removed"),
    ]


async def test_the_database_goes_on(v3: Store) -> None:
    """Numbers that the database gives must not collide with those of the dump."""
    staff = await v3.rooms.by_code("abcde-fghjk-mnpqr")
    assert staff is not None
    known = {event.id for event in await v3.history.page(staff.id)}
    assert (await v3.history.add(staff.id, "p", "P", "joined", NOW)).id not in known
    said = Message(staff.id, FIRST_MESSAGE + 3, "p", "P", "after the upgrade", None, None, NOW)
    assert await v3.chat.add(said)
    assert (await v3.chat.page(staff.id, "p"))[-1] == said
