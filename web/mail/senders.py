"""Where mails go: to an SMTP server or, where none is set up, into the log."""

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
    """Begins plain; a server that doesn't offer TLS then is refused."""
    IMPLICIT = "implicit"
    NONE = "none"


_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


class SendError(Exception):
    """A mail that wasn't sent; `args[0]` is one line for the operator, without anything secret. `final`: the server
    will never take this mail.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        printable = "".join(character if character.isprintable() else " " for character in reason)
        super().__init__(" ".join(printable.split())[:_ERROR_LENGTH])
        self.final = final


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """An SMTP server. What can't work raises `ValueError`."""

    host: str
    sender: str
    """The address that mails come from."""
    sender_name: str = "Milanio"
    port: int | None = None
    """Left out: that of the kind of TLS."""
    tls: Tls = Tls.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a server with one of its own."""
    timeout: float = 15.0
    """Seconds for each answer of the server; for a whole mail four times as many."""

    def __post_init__(self) -> None:
        check_address(self.sender)
        check_name(self.sender_name)
        if (self.username is None) != (self.password is None):
            raise ValueError("an SMTP user name needs a password, and the other way round")
        if self.password is not None and self.tls is Tls.NONE and self.host not in _LOCAL_HOSTS:
            raise ValueError("an SMTP password isn't sent to another machine without TLS")


class SmtpSender:
    """Sends each mail over a connection of its own."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, mail: OutgoingMail) -> None:
        """Give the mail to the server. Raises `SendError`, and `MailError` for a mail that can't be built."""
        message = build(mail, self._settings.sender, self._settings.sender_name)
        client = self._client()
        taken = False
        try:
            # The library's time-out is per command: a server that answers each at the last moment would hold us long.
            async with asyncio.timeout(4 * self._settings.timeout):
                await client.connect()
                await client.send_message(message)
                taken = True
                await client.quit()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Once it is taken, nothing that goes wrong may have it sent again.
            if not taken:
                raise SendError(_reason(error), _is_final(error)) from None
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
            # Else the library asks the DNS for this machine's name, which may take seconds.
            local_hostname=settings.sender.rpartition("@")[2],
        )


def _is_final(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    # Not so 5xx to the greeting, the password or the sender: the operator can mend that, and the mail waits for it.
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(f"{refused.code} {refused.message}" for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__


class LogSender:
    """For servers without SMTP: the operator passes the link on."""

    async def send(self, mail: OutgoingMail) -> None:
        """Write the link where the operator sees it, as a warning: those are shown without any set-up."""
        links = [line for line in mail.text.splitlines() if line.startswith(("http://", "https://"))]
        log.warning("no mail server is set up; mail to %s: %s %s", mail.recipient, mail.subject, " ".join(links))
