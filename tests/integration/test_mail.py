"""Mail over real connections to a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests import times
from tests.integration.conftest import until
from tests.integration.smtp_server import Certificate, Handler, Server, make_certificate
from web.mail import MailKind, MailMessage, MailWorker, SendError, SmtpSettings, Tls
from web.mail.smtp import SmtpSender

LINK = "https://meet.example.org/verify#token=abc_DEF-123"
NOW = 1_800_000_000.0


@dataclass(frozen=True)
class Mail:
    id: int
    recipient: str
    subject: str
    text: str
    html: str
    attempts: int = 0
    created_at: float = NOW


def mail(number: int = 1, to: str = "ada@example.org") -> Mail:
    message = MailMessage(MailKind.VERIFY, to, "Zoë <b>Ångström</b>", LINK, NOW)
    return Mail(number, message.to, message.subject, message.text, message.html)


MakeServer = Callable[..., Server]


@pytest_asyncio.fixture
async def make_server() -> AsyncIterator[MakeServer]:
    servers: list[Server] = []

    def make(*args: Any, **options: Any) -> Server:
        servers.append(Server(Handler(), *args, **options))
        return servers[-1]

    yield make
    for server in servers:
        await server.stop()


@pytest_asyncio.fixture
async def server(make_server: MakeServer) -> Server:
    server = make_server()
    await server.start()
    return server


def sender(server: Server, tls: Tls = Tls.NONE, **settings: Any) -> SmtpSender:
    return SmtpSender(SmtpSettings("127.0.0.1", "noreply@example.org", port=server.port, tls=tls, **settings))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.asyncio
async def test_a_mail_arrives_as_it_was_made(server: Server) -> None:
    await sender(server).send(mail())
    ((envelope_from, envelope_to, message),) = server.handler.arrived
    assert (envelope_from, envelope_to) == ("noreply@example.org", ["ada@example.org"])
    assert message["From"] == "Milanio <noreply@example.org>"
    assert message["To"] == "ada@example.org"
    assert message["Subject"] == "Confirm your email address"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.timestamp() == NOW
    assert message["Message-ID"].endswith("@example.org>")
    assert not message.defects
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert LINK in plain.get_content().splitlines()
    assert "Hello Zoë <b>Ångström</b>," in plain.get_content()
    assert f'href="{LINK}"' in rich.get_content()
    assert "Hello Zoë &lt;b&gt;Ångström&lt;/b&gt;," in rich.get_content()
    assert server.handler.names == ["example.org"]


@pytest.mark.asyncio
async def test_tls_from_the_start(make_server: MakeServer, certificate: Certificate) -> None:
    server = make_server(certificate.context)
    await server.start()
    await sender(server, Tls.IMPLICIT, ca_file=certificate.file).send(mail())
    assert len(server.handler.arrived) == 1
    with pytest.raises(SendError, match="certificate"):
        await sender(server, Tls.IMPLICIT).send(mail())
    assert len(server.handler.arrived) == 1


@pytest.mark.asyncio
async def test_tls_after_a_plain_beginning(make_server: MakeServer, certificate: Certificate) -> None:
    server = make_server(tls_context=certificate.context, require_starttls=True)
    await server.start()
    await sender(server, Tls.STARTTLS, ca_file=certificate.file).send(mail())
    assert server.handler.encrypted == [True]
    with pytest.raises(SendError, match="certificate"):
        await sender(server, Tls.STARTTLS).send(mail())
    assert len(server.handler.arrived) == 1


@pytest.mark.asyncio
async def test_a_server_without_the_required_tls_gets_nothing(server: Server) -> None:
    with pytest.raises(SendError, match="STARTTLS") as caught:
        await sender(server, Tls.STARTTLS, username="me", password="canary").send(mail())
    assert not caught.value.final
    assert server.handler.arrived == []


@pytest.mark.asyncio
async def test_logging_in(make_server: MakeServer, certificate: Certificate) -> None:
    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"me", b"secret"), handled=False)

    server = make_server(tls_context=certificate.context, authenticator=check, auth_required=True)
    await server.start()
    settings: dict[str, Any] = {"tls": Tls.STARTTLS, "ca_file": certificate.file, "username": "me"}
    await sender(server, password="secret", **settings).send(mail())
    assert len(server.handler.arrived) == 1
    with pytest.raises(SendError, match="535") as caught:
        await sender(server, password="canary", **settings).send(mail())
    # The operator can mend it, so no mail is lost by it; and the log doesn't tell the password.
    assert not caught.value.final
    assert "canary" not in str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("command", "answer", "final"),
    [
        ("rcpt", "450 mailbox busy", False),
        ("rcpt", "550 no such user", True),
        ("data", "451 try later", False),
        ("data", "554 looks like spam", True),
        ("sender", "451 greylisted", False),
        ("sender", "550 you may not send as that", False),
    ],
)
async def test_what_the_server_answers(server: Server, command: str, answer: str, final: bool) -> None:
    setattr(server.handler, command, answer)
    with pytest.raises(SendError) as caught:
        await sender(server).send(mail())
    assert (str(caught.value), caught.value.final) == (answer, final)


@pytest.mark.asyncio
async def test_a_server_that_says_nothing_is_left(server: Server) -> None:
    server.handler.silent_at = "data"
    with pytest.raises(SendError) as caught:
        async with asyncio.timeout(times.seconds(5)):
            await sender(server, timeout=0.1).send(mail())
    assert not caught.value.final


@pytest.mark.asyncio
async def test_a_mail_that_was_taken_is_sent_whatever_comes_then(server: Server) -> None:
    server.handler.silent_at = "quit"
    async with asyncio.timeout(times.seconds(5)):
        await sender(server, timeout=0.1).send(mail())
    assert len(server.handler.arrived) == 1


@pytest.mark.asyncio
async def test_nobody_listens_and_no_such_host(server: Server) -> None:
    await server.stop()
    with pytest.raises(SendError) as caught:
        await sender(server).send(mail())
    assert not caught.value.final
    with pytest.raises(SendError):
        await SmtpSender(SmtpSettings("mail.invalid", "a@example.org", timeout=5)).send(mail())


class Queue:
    """In memory, with virtual time."""

    def __init__(self, *mails: Mail) -> None:
        self.now = NOW
        self.waiting = {each.id: (NOW, each) for each in mails}
        self.errors: list[str] = []

    async def claim_due(self, now: float, limit: int, /) -> list[Mail]:
        due = [replace(each, attempts=each.attempts + 1) for at, each in self.waiting.values() if at <= now][:limit]
        self.waiting |= {each.id: (now + 120, each) for each in due}
        return due

    async def done(self, mail_id: int, _now: float, /) -> None:
        del self.waiting[mail_id]

    async def failed(self, mail_id: int, error: str, next_attempt_at: float | None, /) -> None:
        self.errors.append(error)
        _, failed = self.waiting.pop(mail_id)
        if next_attempt_at is not None:
            self.waiting[mail_id] = (next_attempt_at, failed)


@pytest.mark.asyncio
async def test_while_the_server_is_down_nothing_is_lost_and_then_each_mail_arrives_once(server: Server) -> None:
    await server.stop()
    queue = Queue(*(mail(number, f"user{number}@example.org") for number in range(5)))
    worker = MailWorker(queue, sender(server), lambda: queue.now)
    worker.start()
    await until(lambda: len(queue.errors) == 5)
    queue.now += 60
    worker.wake()
    await until(lambda: len(queue.errors) == 10)
    assert len(queue.waiting) == 5
    await server.start()
    worker.wake()
    await asyncio.sleep(0.05)
    assert server.handler.arrived == []  # not yet: two minutes after the second try
    queue.now += 120
    worker.wake()
    await until(lambda: not queue.waiting)
    queue.now += 86400
    worker.wake()
    await asyncio.sleep(0.05)
    await worker.stop()
    arrived = sorted(to for _, (to,), _ in server.handler.arrived)
    assert arrived == [f"user{number}@example.org" for number in range(5)]
    assert len({message["Message-ID"] for _, _, message in server.handler.arrived}) == 5


@pytest.mark.asyncio
async def test_one_refused_address_holds_up_no_other(server: Server) -> None:
    server.handler.rcpt = "550 no such user"
    queue = Queue(mail(1))
    worker = MailWorker(queue, sender(server), lambda: queue.now)
    worker.start()
    await until(lambda: queue.errors)
    server.handler.rcpt = None
    queue.waiting[2] = (NOW, mail(2, "eve@example.org"))
    worker.wake()
    await until(lambda: server.handler.arrived)
    await worker.stop()
    assert queue.errors == ["550 no such user"]
    assert not queue.waiting
