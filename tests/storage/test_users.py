import asyncio
from dataclasses import replace

import pytest

from storage.errors import EmailTakenError, InvalidTextError, TokenInvalidError
from storage.models import MAX_AVATAR_BYTES, MailToken
from storage.records import Avatar, Message, NewMail, User
from storage.repositories.users import UNCONFIRMED
from storage.store import Store
from tests.storage.mailed import enqueue, issue_token, use_token

pytestmark = pytest.mark.asyncio


async def test_a_user_is_found_by_id_and_by_address_in_any_capitals(store: Store) -> None:
    user = await store.users.create(" Anna@Example.org ", "Anna", "hash", 10.5, avatar_colour="#123456")
    assert (user.email, user.name, user.password_hash) == ("anna@example.org", "Anna", "hash")
    assert (user.created_at, user.verified_at, user.disabled_at, user.has_avatar) == (10.5, None, None, False)
    assert await store.users.by_id(user.id) == user
    assert await store.users.by_email("ANNA@example.ORG") == user
    assert await store.users.by_id("nobody") is None
    assert await store.users.by_email("nobody@example.org") is None


async def test_an_address_is_taken_once(store: Store, other: Store) -> None:
    made = await asyncio.gather(
        *(s.users.create(email, "A", "h", 1.0) for s in (store, other) for email in ("a@x.org", "A@X.org")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, EmailTakenError) for one in made) == 3
    assert await store.users.count() == 1


async def test_profile_and_avatar(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    changed = await store.users.update_profile(user.id, name="Åsa 🦊", theme="dark")
    assert changed is not None
    assert (changed.name, changed.theme, changed.avatar_colour) == ("Åsa 🦊", "dark", "")
    assert await store.users.update_profile(user.id) == changed
    assert await store.users.update_profile("nobody", name="B") is None

    picture = Avatar(bytes(range(256)) * 1024, "image/png")
    assert len(picture.data) == MAX_AVATAR_BYTES
    with_avatar = await store.users.set_avatar(user.id, picture)
    assert with_avatar is not None
    assert with_avatar.has_avatar
    assert await store.users.avatar(user.id) == picture
    with pytest.raises(InvalidTextError):
        await store.users.set_avatar(user.id, Avatar(picture.data + b"x", "image/png"))
    assert await store.users.set_avatar(user.id, None) == changed
    assert await store.users.avatar(user.id) is None
    assert await store.users.avatar("nobody") is None


async def test_a_list_in_pages(store: Store) -> None:
    users = [await store.users.create(f"{n}@x.org", str(n), "h", float(n)) for n in range(5)]
    assert await store.users.list() == users
    assert await store.users.list(limit=2, offset=2) == users[2:4]


async def test_verified_once(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    assert await store.users.verify(user.id, 2.0)
    assert await store.users.verify(user.id, 3.0)
    again = await store.users.by_id(user.id)
    assert again is not None
    assert again.verified_at == 2.0
    assert not await store.users.verify("nobody", 2.0)


async def test_a_link_confirms_an_address_once_and_ends_what_was_before(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    await store.tokens.issue_session(user.id, 1.0, 100.0)
    token, other, reset = [
        await issue_token(store, user.id, purpose, 1.0, 100.0) for purpose in ("verify", "verify", "reset")
    ]
    assert await store.users.unconfirmed_hash(token, 5.0) == "h"
    with pytest.raises(TokenInvalidError):
        await store.users.confirm(token, "another", 5.0)
    confirmed = await store.users.confirm(token, "h", 5.0)
    assert confirmed == await store.users.by_id(user.id)
    assert (confirmed.id, confirmed.password_hash, confirmed.verified_at) == (user.id, "h", 5.0)
    assert await store.tokens.list(user.id, 6.0) == []
    assert not await store.tokens.is_usable(reset, "reset", 6.0)
    for void in (token, other):
        assert await store.users.unconfirmed_hash(void, 6.0) is None
        with pytest.raises(TokenInvalidError):
            await store.users.confirm(void, "h", 6.0)


async def test_a_new_password_ends_all_other_sessions(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    here = await store.tokens.issue_session(user.id, 1.0, 100.0)
    await store.tokens.issue_session(user.id, 1.0, 100.0)
    reset = await issue_token(store, user.id, "reset", 1.0, 100.0)
    verify = await issue_token(store, user.id, "verify", 1.0, 100.0)
    assert await store.users.set_password(user.id, "new", 2.0, keep=here.session.id)
    assert [session.id for session in await store.tokens.list(user.id, 3.0)] == [here.session.id]
    with pytest.raises(TokenInvalidError):
        await use_token(store, reset, "reset", 3.0)
    assert await use_token(store, verify, "verify", 3.0) == user.id
    found = await store.users.by_id(user.id)
    assert found is not None
    assert found.password_hash == "new"
    assert await store.users.set_password(user.id, "newer", 4.0)
    assert await store.tokens.list(user.id, 5.0) == []
    assert not await store.users.set_password("nobody", "new", 2.0)


async def test_reset_password(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    await store.tokens.issue_session(user.id, 1.0, 100.0)
    token = await issue_token(store, user.id, "reset", 1.0, 100.0)
    with pytest.raises(InvalidTextError):
        await store.users.reset_password(token, "\0", 2.0)
    assert await store.users.reset_password(token, "new", 2.0) == user.id
    found = await store.users.by_id(user.id)
    assert found is not None
    assert (found.password_hash, found.verified_at) == ("new", 2.0)
    assert await store.tokens.list(user.id, 3.0) == []
    with pytest.raises(TokenInvalidError):
        await store.users.reset_password(token, "again", 3.0)


async def test_disabled_and_enabled(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    issued = await store.tokens.issue_session(user.id, 1.0, 100.0)
    assert await store.users.disable(user.id, 2.0)
    assert await store.users.disable(user.id, 3.0)
    found = await store.users.by_id(user.id)
    assert found is not None
    assert found.disabled_at == 2.0
    with pytest.raises(TokenInvalidError):
        await store.tokens.rotate(issued.token, 3.0, 100.0)
    assert await store.users.enable(user.id)
    with pytest.raises(TokenInvalidError):
        await store.tokens.rotate(issued.token, 4.0, 100.0)
    assert not await store.users.disable("nobody", 1.0)
    assert not await store.users.enable("nobody")


async def test_deleting_a_user_leaves_nothing_that_says_who_it_was(store: Store) -> None:
    anna = await store.users.create("anna@x.org", "Anna", "h", 1.0)
    ben = await store.users.create("ben@x.org", "Ben", "h", 1.0)
    own = await store.rooms.create("own", anna.id, 1.0)
    room = await store.rooms.create("room", ben.id, 1.0)
    await store.rooms.add_member(room.id, anna.id, "host", 1.0)
    await store.rooms.ban(room.id, "guest", "Guest", anna.id, 1.0)
    await store.rooms.ban(own.id, "guest", "Guest", anna.id, 1.0)
    said = Message(room.id, 1, anna.id, "Anna", "I am Anna", None, None, 1.0)
    await store.chat.add(said)
    kept = Message(room.id, 2, ben.id, "Ben", "Hello", None, None, 1.0)
    await store.chat.add(kept)
    private = Message(room.id, 3, ben.id, "Ben", "Psst", anna.id, "Anna", 1.0)
    await store.chat.add(private)
    await store.rooms.invite(room.id, "Anna@x.org", "member", 1.0)
    await store.history.add(room.id, anna.id, "Anna", "joined", 1.0)
    issued = await store.tokens.issue_session(anna.id, 1.0, 100.0)
    mailed = await issue_token(store, anna.id, "reset", 1.0, 100.0)
    await enqueue(store, anna.email, "Reset", "text", "html", 1.0)

    assert await store.users.delete(anna.id, 2.0)
    assert not await store.users.delete(anna.id, 2.0)
    assert await store.users.by_id(anna.id) is None
    assert await store.rooms.by_id(own.id) is None
    assert [member.user_id for member in await store.rooms.members(room.id)] == [ben.id]
    assert [ban.banned_by for ban in await store.rooms.bans(room.id)] == [""]
    first, second, third = await store.chat.page(room.id, ben.id)
    assert (first.id, first.sender_id, first.sender_name, first.text, first.deleted_at) == (said.id, "", "", "", 2.0)
    assert second == kept
    assert third == replace(private, recipient_id="", recipient_name="")
    assert await store.rooms.invitations(room.id) == []
    assert [(event.person_id, event.name) for event in await store.history.page(room.id)] == [("", "")]
    assert await store.mail.claim_due(5.0) == []
    for attempt in (store.tokens.rotate(issued.token, 3.0, 9.0), use_token(store, mailed, "reset", 3.0)):
        with pytest.raises(TokenInvalidError):
            await attempt
    await store.users.create("anna@x.org", "Another", "h", 3.0)


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "x" * 201])
async def test_text_that_cannot_be_kept_is_refused(store: Store, text: str) -> None:
    with pytest.raises(InvalidTextError):
        await store.users.create("a@x.org", text, "h", 1.0)
    with pytest.raises(InvalidTextError):
        await store.users.by_email(text * 10)
    assert await store.users.count() == 0


@pytest.mark.parametrize("text", ["👩‍👩‍👧 é e\u0301 \u202e", "%s %(x)s ' \" ; --", "\ufeff\uffff", "😀" * 200])
async def test_all_other_text_is_kept_whole(store: Store, text: str) -> None:
    user = await store.users.create("a@x.org", text, "h", 1.0)
    found = await store.users.by_id(user.id)
    assert found is not None
    assert found.name == text


def verify_mail(user: User, token: str) -> NewMail:
    return NewMail(user.email, "Verify", f"{user.name} {token}", "html")


def taken_mail(user: User) -> NewMail:
    return NewMail(user.email, "Taken", user.name, "html")


async def mailed_tokens(store: Store) -> int:
    return await store.database.read(lambda: int(MailToken.select().count()))


async def test_registering_stores_user_token_and_mail_together(store: Store) -> None:
    await store.users.register(" Anna@X.org", "Anna", "h", 1.0, 100.0, verify_mail, taken_mail)
    user = await store.users.by_email("anna@x.org")
    assert user is not None
    assert (user.name, user.password_hash, user.verified_at) == ("Anna", UNCONFIRMED, None)
    assert await store.users.log_in_hash("ANNA@x.org", 2.0, mailing=True) == (user, "h")
    assert await store.users.log_in_hash("ANNA@x.org", 2.0, mailing=False) == (user, UNCONFIRMED)
    (mail,) = await store.mail.claim_due(2.0)
    assert (mail.recipient, mail.subject) == ("anna@x.org", "Verify")
    name, token = mail.text.split()
    assert name == "Anna"
    assert await store.users.unconfirmed_hash(token, 50.0) == "h"
    confirmed = await store.users.confirm(token, "h", 50.0)
    assert (confirmed.id, confirmed.name, confirmed.password_hash) == (user.id, "Anna", "h")


async def test_a_link_confirms_its_own_registration_and_the_others_are_void(store: Store) -> None:
    for name, password_hash in (("Eve", "eves"), ("Anna", "annas"), ("Eve", "eves again")):
        await store.users.register("a@x.org", name, password_hash, 1.0, 100.0, verify_mail, taken_mail)
    tokens = [mail.text.split()[1] for mail in await store.mail.claim_due(2.0)]
    assert [await store.users.unconfirmed_hash(token, 2.0) for token in tokens] == ["eves", "annas", "eves again"]
    user = await store.users.confirm(tokens[1], "annas", 2.0)
    assert (user.name, user.password_hash) == ("Anna", "annas")
    for token in tokens:
        assert await store.users.unconfirmed_hash(token, 3.0) is None
    await store.users.register("a@x.org", "Eve", "eves", 4.0, 100.0, verify_mail, taken_mail)
    assert [mail.subject for mail in await store.mail.claim_due(5.0)] == ["Taken"]
    assert await store.users.by_email("a@x.org") == user


async def test_a_new_password_by_mail_voids_all_registrations(store: Store) -> None:
    await store.users.register("a@x.org", "Anna", "h", 1.0, 100.0, verify_mail, taken_mail)
    await store.users.mail_token("a@x.org", "reset", 2.0, 100.0, verify_mail)
    verify, reset = [mail.text.split()[1] for mail in await store.mail.claim_due(3.0)]
    user_id = await store.users.reset_password(reset, "new", 4.0)
    assert await store.users.unconfirmed_hash(verify, 5.0) is None
    found = await store.users.by_id(user_id)
    assert found is not None
    assert (found.name, found.password_hash, found.verified_at) == ("Anna", "new", 4.0)


async def test_an_address_that_nobody_confirms_is_free_again(store: Store) -> None:
    await store.users.register("a@x.org", "Eve", "h", 1.0, 100.0, verify_mail, taken_mail)
    made = await store.users.create("a@x.org", "Anna", "h", 2.0)
    assert await store.users.list() == [made]
    await store.users.register("b@x.org", "Eve", "h", 1.0, 100.0, verify_mail, taken_mail)
    assert await store.users.purge_unconfirmed(50.0) == 0
    await store.tokens.purge(200.0)
    assert await store.users.purge_unconfirmed(0.5) == 0
    assert await store.users.purge_unconfirmed(50.0) == 1
    assert await store.users.list() == [made]


async def test_registering_with_a_taken_address_tells_its_owner_and_changes_nothing(store: Store) -> None:
    anna = await store.users.create("anna@x.org", "Anna", "h", 1.0)
    await store.users.verify(anna.id, 1.0)
    anna = replace(anna, verified_at=1.0)
    await store.users.register("ANNA@x.org", "Eve", "other", 2.0, 100.0, verify_mail, taken_mail)
    assert await store.users.list() == [anna]
    (mail,) = await store.mail.claim_due(3.0)
    assert (mail.recipient, mail.subject, mail.text) == ("anna@x.org", "Taken", "Anna")
    assert await mailed_tokens(store) == 0


async def test_many_who_register_with_one_address_at_once_share_one_user(store: Store, other: Store) -> None:
    await asyncio.gather(
        *(s.users.register("a@x.org", "A", "h", 1.0, 9.0, verify_mail, taken_mail) for s in (store, other) * 3)
    )
    assert await store.users.count() == 1
    assert sorted(mail.subject for mail in await store.mail.claim_due(2.0)) == ["Verify"] * 6
    assert await mailed_tokens(store) == 6


async def test_a_registration_whose_mail_cannot_be_written_leaves_nothing(store: Store) -> None:
    def broken(user: User, token: str) -> NewMail:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.users.register("a@x.org", "A", "h", 1.0, 9.0, broken, taken_mail)
    with pytest.raises(InvalidTextError):
        await store.users.register("a@x.org", "A", "h", 1.0, 9.0, lambda u, t: NewMail("\0", "", "", ""), taken_mail)
    assert await store.users.count() == 0
    assert await store.mail.waiting() == 0
    assert await mailed_tokens(store) == 0


async def test_a_token_is_mailed_to_who_may_use_it_and_nothing_is_left_of_others(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    disabled = await store.users.create("b@x.org", "B", "h", 1.0)
    await store.users.disable(disabled.id, 1.0)
    assert await store.users.mail_token("A@x.org", "verify", 2.0, 100.0, verify_mail)
    assert await store.users.mail_token("a@x.org", "reset", 2.0, 100.0, verify_mail)
    for email in ("b@x.org", "nobody@x.org"):
        assert not await store.users.mail_token(email, "verify", 2.0, 100.0, verify_mail)
        assert not await store.users.mail_token(email, "reset", 2.0, 100.0, verify_mail)
    verify, reset = await store.mail.claim_due(3.0)
    assert await store.mail.waiting() == 2
    assert await store.users.unconfirmed_hash(verify.text.split()[1], 4.0) == "h"
    assert await store.users.reset_password(reset.text.split()[1], "new", 4.0) == user.id
    assert not await store.users.mail_token("a@x.org", "verify", 5.0, 100.0, verify_mail)
    assert await mailed_tokens(store) == 0


async def test_a_changed_password_is_told_by_mail(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    assert await store.users.set_password(user.id, "new", 2.0, was="h", mail=taken_mail)
    assert not await store.users.set_password(user.id, "newer", 2.0, was="h", mail=taken_mail)
    token = await issue_token(store, user.id, "reset", 3.0, 100.0)
    await store.users.reset_password(token, "newest", 4.0, mail=taken_mail)
    with pytest.raises(TokenInvalidError):
        await store.users.reset_password(token, "again", 4.0, mail=taken_mail)
    assert len(await store.mail.claim_due(5.0)) == 2
    found = await store.users.by_id(user.id)
    assert found is not None
    assert found.password_hash == "newest"


async def test_rehashing_ends_nothing_and_gives_way_to_a_new_password(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    issued = await store.tokens.issue_session(user.id, 1.0, 100.0)
    assert await store.users.rehash(user.id, "h", "stronger")
    assert not await store.users.rehash(user.id, "h", "other")
    found = await store.users.by_id(user.id)
    assert found is not None
    assert found.password_hash == "stronger"
    assert await store.tokens.live([issued.session.id], 2.0) == {issued.session.id}


async def test_who_is_signed_in(store: Store) -> None:
    user = await store.users.create("a@x.org", "A", "h", 1.0)
    stranger = await store.users.create("b@x.org", "B", "h", 1.0)
    first = await store.tokens.issue_session(user.id, 1.0, 100.0)
    found = await store.users.signed_in(user.id, first.session.id, 2.0)
    assert found is not None
    assert (found.user, found.session) == (user, first.session)
    second = await store.tokens.rotate(first.token, 3.0, 100.0)
    found = await store.users.signed_in(user.id, first.session.id, 4.0)
    assert found is not None
    assert found.session == second.session
    assert await store.users.signed_in(stranger.id, first.session.id, 4.0) is None
    assert await store.users.signed_in(user.id, "nothing", 4.0) is None
    assert await store.users.signed_in(user.id, first.session.id, 103.0) is None
    await store.users.disable(user.id, 5.0)
    await store.users.enable(user.id)
    assert await store.users.signed_in(user.id, first.session.id, 6.0) is None
