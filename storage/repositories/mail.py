"""Outgoing mail. Requests queue it here; one or more senders take it from here."""

from storage.database import Database
from storage.models import Mail as Model
from storage.models import current
from storage.records import NewMail, OutgoingMail

LEASE_SECONDS = 120.0
"""How long a claimed mail belongs to the sender who claimed it. If the sender dies, it is due again after that."""
MAX_ERROR = 2000


class Mail:
    """The queue of outgoing mail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_due(self, now: float, limit: int = 10, lease: float = LEASE_SECONDS) -> list[OutgoingMail]:
        """Claim mail that is due, the longest overdue first. Nobody else gets it for `lease` seconds.

        Call `done` or `failed` for each within that time; otherwise it is due again, and might be sent twice.
        """

        def claim() -> list[OutgoingMail]:
            query = Model.select().where(Model.next_attempt_at <= now).order_by(Model.next_attempt_at, Model.id)
            query = query.limit(limit)
            # Two senders that claim at once share what is due, instead of one waiting for the other.
            rows = list(query.for_update(skip_locked=True) if current.for_update else query)
            if rows:
                changes = Model.update(attempts=Model.attempts + 1, next_attempt_at=now + lease)
                changes.where(Model.id.in_([row.id for row in rows])).execute()
            return [
                OutgoingMail(row.id, row.recipient, row.subject, row.text, row.html, row.attempts + 1, row.created_at)
                for row in rows
            ]

        return await self._database.run(claim)

    async def done(self, mail_id: int, now: float) -> bool:
        """Mark a mail as sent, and delete its text, which may have a link with a token. False: no such mail."""
        changes = Model.update(sent_at=now, next_attempt_at=None, last_error=None, text="", html="")
        return await self._database.run(lambda: bool(changes.where(Model.id == mail_id).execute()))

    async def failed(self, mail_id: int, error: str, next_attempt_at: float | None) -> bool:
        """Note a failure; retry then, or never (None; deletes the text). False: no such mail, or already sent."""
        # Anything that a mail server says must fit: it is only displayed.
        note = error.replace("\0", "").encode("utf-8", "replace").decode()[:MAX_ERROR]
        values = {"last_error": note, "next_attempt_at": next_attempt_at}
        if next_attempt_at is None:
            values |= {"text": "", "html": ""}
        changes = Model.update(**values).where(Model.id == mail_id, Model.sent_at.is_null())
        return await self._database.run(lambda: bool(changes.execute()))

    async def waiting(self) -> int:
        """Count the mails still to be sent."""
        return await self._database.read(
            lambda: int(Model.select().where(Model.next_attempt_at.is_null(False)).count())
        )

    async def purge(self, before: float) -> int:
        """Delete mails queued before this time that were sent or given up; returns how many."""
        which = (Model.next_attempt_at.is_null(), Model.created_at < before)
        return await self._database.run(lambda: int(Model.delete().where(*which).execute()))


def queue_mail(mail: NewMail, now: float) -> int:
    """Within a transaction: queue a mail, due at once, and return its id. Raises `InvalidTextError`."""
    row = {
        "recipient": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }
    return int(Model.insert(row).execute())


def queue_for_nobody(mail: NewMail, now: float) -> None:
    """Within a transaction: write as much as `queue_mail`, but leave nothing, so that an unknown address takes as long
    as a known one.
    """
    Model.delete().where(Model.id == queue_mail(mail, now)).execute()
