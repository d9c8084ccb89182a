"""A mail: what it is about and for whom, how a queue keeps it, and its form on the wire."""

import email.policy
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Protocol

from web.mail import templates
from web.mail.addresses import MailError, check_address, check_link, check_name
from web.mail.templates import Language


class MailKind(StrEnum):
    """What a mail is about."""

    VERIFY = "verify"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 — a kind of mail, no password
    ALREADY_REGISTERED = "already_registered"
    INVITATION = "invitation"


_TEXTS: dict[MailKind, templates.Text | dict[Language, templates.Text]] = {
    MailKind.VERIFY: templates.VERIFY,
    MailKind.RESET: templates.RESET,
    MailKind.PASSWORD_CHANGED: templates.PASSWORD_CHANGED,
    MailKind.ALREADY_REGISTERED: templates.ALREADY_REGISTERED,
    MailKind.INVITATION: templates.INVITATION,
}
_EXPIRING = (MailKind.VERIFY, MailKind.RESET)


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail to one person. What can't stand in a mail raises `MailError` here, before anything is queued.

    Mails of `VERIFY` and `RESET` have a `link` that works until `expires_at`, in seconds since 1970; an `INVITATION`
    has a link that doesn't expire, and names who invites (`sender`) and the `room`, if that has a title that can stand
    in a mail; the others have neither.
    """

    kind: MailKind
    to: str
    name: str = ""
    link: str = ""
    expires_at: float | None = None
    sender: str = ""
    room: str = ""
    language: Language = "en"

    def __post_init__(self) -> None:
        object.__setattr__(self, "to", check_address(self.to))
        for text in (self.name, self.sender, self.room):
            check_name(text)
        expires = self.kind in _EXPIRING
        if bool(self._text.action) != bool(self.link) or expires != (self.expires_at is not None):
            raise MailError("A mail has a link and a time until which it works if its kind asks for it.")
        if (self.kind is MailKind.INVITATION) != bool(self.sender):
            raise MailError("An invitation, and nothing else, is sent by somebody.")
        if self.link:
            check_link(self.link)

    @property
    def subject(self) -> str:
        """The subject line."""
        return self._text.subject

    @property
    def text(self) -> str:
        """The mail for reading as text; the link stands alone on its line."""
        return templates.plain(self._text, self.name, self.link, self._values)

    @property
    def html(self) -> str:
        """The mail for reading as HTML."""
        return templates.rich(self._text, self.name, self.link, self._values)

    @property
    def _text(self) -> templates.Text:
        if self.kind is MailKind.INVITATION and not self.room:
            return templates.INVITATION_UNTITLED[self.language]
        found = _TEXTS[self.kind]
        return found if isinstance(found, templates.Text) else found[self.language]

    @property
    def _values(self) -> dict[str, str]:
        return {"until": self._until(), "sender": self.sender, "room": self.room}

    def _until(self) -> str:
        if self.expires_at is None:
            return ""
        return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(self.expires_at)).lstrip("0")


class OutgoingMail(Protocol):
    """A mail as a queue hands it out to be sent."""

    @property
    def id(self) -> int:
        """Unique in its queue."""

    @property
    def recipient(self) -> str:
        """The address."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """Of `MailMessage`."""

    @property
    def html(self) -> str:
        """Of `MailMessage`."""

    @property
    def attempts(self) -> int:
        """How often it was handed out, this time included."""

    @property
    def created_at(self) -> float:
        """Seconds since 1970."""


def build(mail: OutgoingMail, sender: str, sender_name: str = "Milanio") -> EmailMessage:
    """The mail as it is sent, in text and HTML. The same at every attempt, with the same Message-ID and Date, so that
    a mail that arrives twice is seen as one. Raises `MailError` for what can't stand in a header.
    """
    recipient, sender = check_address(mail.recipient), check_address(sender)
    if not mail.subject.isprintable():
        raise MailError("A subject is one line.")
    message = EmailMessage(email.policy.SMTP)
    message["From"] = Address(check_name(sender_name), addr_spec=sender)
    # Without the name: that is whatever somebody entered, and mail programs show what their owner's address book says.
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at, UTC))
    message["Message-ID"] = f"<{_message_id(mail)}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no holiday note is to come back.
    message["Auto-Submitted"] = "auto-generated"
    # Quoted-printable passes every server, and has no line over 76 characters.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _message_id(mail: OutgoingMail) -> str:
    # By the time too, as a database that was set up anew counts its ids from 1 again.
    return hashlib.sha256(f"{mail.id} {mail.created_at!r} {mail.recipient}".encode()).hexdigest()[:32]
