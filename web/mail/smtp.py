"""Sends mail over SMTP. Only imported where a mail server is set up, as its libraries would delay every start."""

import asyncio
import email.policy
import hashlib
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from web.mail.addresses import MailError, check_address, check_name
from web.mail.message import OutgoingMail
from web.mail.senders import SendError, SmtpSettings, Tls

_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


class SmtpSender:
    """Sends each mail over a new connection."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, mail: OutgoingMail) -> None:
        """Send a mail through the server. Raises `SendError`, and `MailError` for a mail that can't be built."""
        message = build(mail, self._settings.sender, self._settings.sender_name)
        client = self._client()
        taken = False
        try:
            # The library's timeout is per command: a server that always answers at the last moment could block us.
            async with asyncio.timeout(4 * self._settings.timeout):
                await client.connect()
                await client.send_message(message)
                taken = True
                await client.quit()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Once the server has accepted it, no error may cause it to be sent again.
            if not taken:
                raise SendError(_reason(error), _is_final(error)) from None
        finally:
            client.close()

    async def greet(self) -> None:
        """Connect as `send` does, with TLS and password, and leave again. Raises `SendError`."""
        client = self._client()
        try:
            async with asyncio.timeout(self._settings.timeout):
                await client.connect()
                await client.quit()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise SendError(_reason(error)) from None
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port or _PORTS[settings.tls],
            use_tls=settings.tls is Tls.IMPLICIT,
            start_tls=settings.tls is Tls.STARTTLS,
            username=settings.username,
            password=settings.password,
            cert_bundle=None if settings.ca_file is None else str(settings.ca_file),
            timeout=settings.timeout,
            # Otherwise the library looks up this machine's name in the DNS, which may take seconds.
            local_hostname=settings.sender.rpartition("@")[2],
        )


def _is_final(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    # A 5xx to the greeting, password or sender isn't final: the mail waits until the operator has fixed that.
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(f"{refused.code} {refused.message}" for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__


def build(mail: OutgoingMail, sender: str, sender_name: str = "Milanio") -> EmailMessage:
    """Build the mail as it is sent, in text and HTML. Every attempt has the same Message-ID and Date, so that a mail
    that arrives twice is shown once. Raises `MailError` for anything that isn't allowed in a header.
    """
    recipient, sender = check_address(mail.recipient), check_address(sender)
    if not mail.subject.isprintable():
        raise MailError("A subject must be one line.")
    message = EmailMessage(email.policy.SMTP)
    message["From"] = Address(check_name(sender_name), addr_spec=sender)
    # Without the name, which anyone could have entered: mail programs show the name in their owner's address book.
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at, UTC))
    message["Message-ID"] = f"<{_message_id(mail)}@{sender.rpartition('@')[2]}>"
    # RFC 3834: prevents out-of-office replies.
    message["Auto-Submitted"] = "auto-generated"
    # Every server accepts quoted-printable, and it has no line over 76 characters.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _message_id(mail: OutgoingMail) -> str:
    # The time is included, since a new database counts its ids from 1 again.
    return hashlib.sha256(f"{mail.id} {mail.created_at!r} {mail.recipient}".encode()).hexdigest()[:32]
