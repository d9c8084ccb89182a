"""The mails that requests send. They are composed on a database thread, in the transaction that queues the mail: it is
stored together with the change that it announces, or not at all.
"""

from collections.abc import Callable

from signaling.names import MAX_NAME
from storage.records import NewMail, Room, User
from storage.repositories.users import ComposeLink
from web.api.endpoint import Call
from web.mail import Language, MailError, MailKind, MailMessage, check_name, link, mailable_name
from web.room_settings import stored_settings

VERIFY_LIFETIME = 3 * 24 * 3600.0
"""Seconds for which a link to verify an address works."""
RESET_LIFETIME = 3600.0
"""Seconds for which a link to choose a new password works."""

_LINKS = {MailKind.VERIFY: ("/verify", VERIFY_LIFETIME), MailKind.RESET: ("/reset", RESET_LIFETIME)}


def with_link(call: Call, kind: MailKind) -> ComposeLink:
    """Compose a mail with a link to a page of this server, which gets the token."""
    # No part of a link in a mail may come from the request: the requester may not be the recipient.
    public_url, now = call.services.hosts.safe_url, call.now
    path, lifetime = _LINKS[kind]

    def compose(user: User, token: str) -> NewMail:
        message = MailMessage(kind, user.email, mailable_name(user.name), link(public_url, path, token), now + lifetime)
        return _new_mail(message)

    return compose


def invitation(call: Call, room: Room, email: str, language: Language) -> Callable[[str], NewMail]:
    """Compose an invitation with a link that gets the token; the same for addresses without an account."""
    public_url, sender = call.services.hosts.safe_url, mailable_name(call.user.user.name) or "Someone"

    def compose(token: str) -> NewMail:
        address = link(public_url, f"/r/{room.code}", token, "invite")
        kind = MailKind.INVITATION
        message = MailMessage(kind, email, link=address, sender=sender, room=_title(room), language=language)
        return _new_mail(message)

    return compose


def _title(room: Room) -> str:
    """Return the room's title; empty if it isn't allowed in a mail to a stranger, for example because of a link."""
    title = stored_settings(room).title
    if len(title) > MAX_NAME:
        title = f"{title[: MAX_NAME - 1]}…"
    try:
        return check_name(title)
    except MailError:
        return ""


def already_registered(user: User) -> NewMail:
    """Compose a mail to the owner of an address that someone tried to register with."""
    return _new_mail(MailMessage(MailKind.ALREADY_REGISTERED, user.email, mailable_name(user.name)))


def password_changed(user: User) -> NewMail:
    """Compose a mail to a user whose password was changed."""
    return _new_mail(MailMessage(MailKind.PASSWORD_CHANGED, user.email, mailable_name(user.name)))


def _new_mail(message: MailMessage) -> NewMail:
    return NewMail(message.to, message.subject, message.text, message.html)
