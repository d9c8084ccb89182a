"""A mail: its kind and recipient, and its form in a queue."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from web.mail import templates
from web.mail.addresses import MailError, check_address, check_link, check_name
from web.mail.templates import Language


class MailKind(StrEnum):
    """What a mail is about."""

    VERIFY = "verify"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 — a kind of mail, not a password
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
    """A mail to one person. Anything that isn't allowed in mail raises `MailError` here, before it is queued.

    `VERIFY` and `RESET` have a `link` that works until `expires_at`, in seconds since 1970. An `INVITATION` has a link
    that doesn't expire, and names the inviter (`sender`) and the `room`, if its title is allowed in mail. The other
    kinds have neither.
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
            raise MailError("A mail has a link, and an expiry time, only if its kind needs it.")
        if (self.kind is MailKind.INVITATION) != bool(self.sender):
            raise MailError("Only an invitation has a sender, and it must have one.")
        if self.link:
            check_link(self.link)

    @property
    def subject(self) -> str:
        """The subject line."""
        return self._text.subject

    @property
    def text(self) -> str:
        """The mail as plain text; the link has a line of its own."""
        return templates.plain(self._text, self.name, self.link, self._values)

    @property
    def html(self) -> str:
        """The mail as HTML."""
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
    """A mail as the queue hands it out for sending."""

    @property
    def id(self) -> int:
        """Unique in its queue."""

    @property
    def recipient(self) -> str:
        """The recipient's address."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """As in `MailMessage`."""

    @property
    def html(self) -> str:
        """As in `MailMessage`."""

    @property
    def attempts(self) -> int:
        """How often it was handed out, including this time."""

    @property
    def created_at(self) -> float:
        """Seconds since 1970."""
