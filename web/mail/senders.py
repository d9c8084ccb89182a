"""Senders of mail: over SMTP or, if no server is set up, into the log."""

import asyncio
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from web.mail.addresses import check_address, check_name
from web.mail.message import OutgoingMail, build

log = logging.getLogger(__name__)

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_ERROR_LENGTH = 200


class Tls(StrEnum):
    """How the connection to the SMTP server is protected."""

    STARTTLS = "starttls"
    """Begins unencrypted; if the server doesn't offer TLS then, nothing is sent."""
    IMPLICIT = "implicit"
    NONE = "none"


_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


class SendError(Exception):
    """A mail that wasn't sent; `args[0]` is one line for the operator, without secrets. `final`: the server will never
    accept this mail.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        printable = "".join(character if character.isprintable() else " " for character in reason)
        super().__init__(" ".join(printable.split())[:_ERROR_LENGTH])
        self.final = final


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """An SMTP server. Settings that can't work raise `ValueError`."""

    host: str
    sender: str
    """The address that mail is sent from."""
    sender_name: str = "Milanio"
    port: int | None = None
    """None: the usual port for `tls`."""
    tls: Tls = Tls.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a server with its own CA."""
    timeout: float = 15.0
    """Seconds for each answer of the server; a whole mail may take four times as long."""

    def __post_init__(self) -> None:
        check_address(self.sender)
        check_name(self.sender_name)
        if (self.username is None) != (self.password is None):
            raise ValueError("an SMTP user name needs a password, and vice versa")
        if self.password is not None and self.tls is Tls.NONE and self.host not in _LOCAL_HOSTS:
            raise ValueError("an SMTP password can't be sent to another machine without TLS")


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


class LogSender:
    """For servers without SMTP: the operator can pass the link on."""

    async def send(self, mail: OutgoingMail) -> None:
        """Log the link as a warning, which the operator sees without configuring anything."""
        links = [line for line in mail.text.splitlines() if line.startswith(("http://", "https://"))]
        log.warning("no mail server is set up; mail to %s: %s %s", mail.recipient, mail.subject, " ".join(links))
