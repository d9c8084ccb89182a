"""Mailed tokens and queued mail by themselves, without a registration or a forgotten password."""

from storage.records import NewMail, Purpose
from storage.repositories.mail import queue_mail
from storage.repositories.tokens import consume_token, new_mail_token, newest_registration
from storage.store import Store


async def issue_token(store: Store, user_id: str, purpose: Purpose, now: float, lifetime: float) -> str:
    def issue() -> str:
        registration = newest_registration(user_id, now) if purpose == "verify" else None
        return new_mail_token(user_id, purpose, now, lifetime, registration)

    return await store.database.run(issue)


async def use_token(store: Store, token: str, purpose: Purpose, now: float) -> str:
    """Use a token; returns the user's id. Raises `TokenInvalidError`."""
    return await store.database.run(lambda: consume_token(token, purpose, now))


async def enqueue(store: Store, recipient: str, subject: str, text: str, html: str, now: float) -> int:
    mail = NewMail(recipient, subject, text, html)
    return await store.database.run(lambda: queue_mail(mail, now))
