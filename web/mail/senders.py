"""What senders of mail have in common, and the one for servers without SMTP; `smtp` has the other."""

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from web.mail.addresses import check_address, check_name
from web.mail.message import OutgoingMail

log = logging.getLogger(__name__)

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_ERROR_LENGTH = 200


class Tls(StrEnum):
    """How the connection to the SMTP server is protected."""

    STARTTLS = "starttls"
    """Begins unencrypted; if the server doesn't offer TLS then, nothing is sent."""
    IMPLICIT = "implicit"
    NONE = "none"


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


class LogSender:
    """For servers without SMTP: the operator can pass the link on."""

    async def send(self, mail: OutgoingMail) -> None:
        """Log the link as a warning, which the operator sees without configuring anything."""
        links = [line for line in mail.text.splitlines() if line.startswith(("http://", "https://"))]
        log.warning("no mail server is set up; mail to %s: %s %s", mail.recipient, mail.subject, " ".join(links))
