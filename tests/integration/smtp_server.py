"""A real SMTP server inside the test's event loop."""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Handler:
    """Keeps the mails that arrive; `data` and `rcpt` are refusals to answer with."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, list[str], EmailMessage]] = []
        self.encrypted: list[bool] = []
        self.names: list[str] = []
        self.data: str | None = None
        self.rcpt: str | None = None
        self.sender: str | None = None
        self.silent_at = ""

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender is not None:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt is not None:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.silent_at == "data":
            await asyncio.sleep(3600)
        if self.data is not None:
            return self.data
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.arrived.append((str(envelope.mail_from), list(envelope.rcpt_tos), message))
        self.encrypted.append(session.ssl is not None)
        self.names.append(str(session.host_name))
        return "250 OK"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:
        if self.silent_at == "quit":
            await asyncio.sleep(3600)
        return "221 Bye"


class Server:
    """A server on one port, which can stop and start again; `async with` runs it."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self.handler = handler
        self.port = 0
        self._tls = tls
        self._options = options
        self._running: asyncio.Server | None = None
        self._connections: set[SMTP] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = await loop.create_server(self._smtp, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._running.sockets[0].getsockname()[1]

    def _smtp(self) -> SMTP:
        smtp = SMTP(self.handler, hostname="mail.example.org", loop=asyncio.get_running_loop(), **self._options)
        self._connections.add(smtp)
        return smtp

    async def stop(self) -> None:
        if self._running is None:
            return
        self._running.close()
        await self._running.wait_closed()
        self._running = None
        for smtp in self._connections:
            if smtp.transport is not None:
                smtp.transport.close()
            task = smtp._handler_coroutine
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait([task])
        self._connections.clear()


@dataclass(frozen=True)
class Certificate:
    file: Path
    context: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Make a self-signed certificate for this machine; its key is in `key.pem` beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return Certificate(chain, context)
