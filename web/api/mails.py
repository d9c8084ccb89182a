"""The mails that requests cause. What is composed here runs on a database thread, inside the transaction that queues
the mail: it is stored together with what it tells of, or not at all.
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
    """A mail with a link to a page of this server, which gets the token."""
    # Nothing of a link in a mail may come from the request: the asker may not be the receiver.
    public_url, now = call.services.hosts.safe_url, call.now
    path, lifetime = _LINKS[kind]

    def compose(user: User, token: str) -> NewMail:
        message = MailMessage(kind, user.email, mailable_name(user.name), link(public_url, path, token), now + lifetime)
        return _new_mail(message)

    return compose


def invitation(call: Call, room: Room, email: str, language: Language) -> Callable[[str], NewMail]:
    """A mail with a link into a room, which gets the token. The same whether or not the address has an account."""
    public_url, sender = call.services.hosts.safe_url, mailable_name(call.user.user.name) or "Somebody"

    def compose(token: str) -> NewMail:
        address = link(public_url, f"/r/{room.code}", token, "invite")
        kind = MailKind.INVITATION
        message = MailMessage(kind, email, link=address, sender=sender, room=_title(room), language=language)
        return _new_mail(message)

    return compose


def _title(room: Room) -> str:
    """The room's title; none where it couldn't stand in a mail to a stranger, because of a link say."""
    title = stored_settings(room).title
    if len(title) > MAX_NAME:
        title = f"{title[: MAX_NAME - 1]}…"
    try:
        return check_name(title)
    except MailError:
        return ""


def already_registered(user: User) -> NewMail:
    """For the owner of an address with which somebody wanted to register."""
    return _new_mail(MailMessage(MailKind.ALREADY_REGISTERED, user.email, mailable_name(user.name)))


def password_changed(user: User) -> NewMail:
    """For somebody whose password is another now."""
    return _new_mail(MailMessage(MailKind.PASSWORD_CHANGED, user.email, mailable_name(user.name)))


def _new_mail(message: MailMessage) -> NewMail:
    return NewMail(message.to, message.subject, message.text, message.html)
