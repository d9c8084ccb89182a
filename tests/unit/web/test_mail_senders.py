import logging
from dataclasses import dataclass
from typing import Any

import pytest

from web.mail import LogSender, MailKind, MailMessage, SendError, SmtpSettings, Tls

LINK = "https://meet.example.org/verify#token=abc_DEF-123"
MESSAGE = MailMessage(MailKind.VERIFY, "ada@example.org", "Ada", LINK, 1_800_000_000.0)


@dataclass(frozen=True)
class Mail:
    id: int = 1
    recipient: str = MESSAGE.to
    subject: str = MESSAGE.subject
    text: str = MESSAGE.text
    html: str = MESSAGE.html
    attempts: int = 1
    created_at: float = 1_800_000_000.0


@pytest.mark.parametrize(
    "settings",
    [
        {"sender": "a@example.org\r\nBcc: x"},
        {"sender_name": "a\nb"},
        {"username": "me"},
        {"password": "secret"},
        {"username": "me", "password": "secret", "tls": Tls.NONE},
    ],
)
def test_smtp_settings_that_can_t_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        SmtpSettings(**{"host": "mail.example.org", "sender": "a@example.org", **settings})


def test_an_smtp_password_is_in_no_text_of_its_settings() -> None:
    settings = SmtpSettings("mail.example.org", "a@example.org", username="me", password="canary")
    assert "canary" not in repr(settings)


def test_an_error_is_one_short_line() -> None:
    assert str(SendError("no\r\n  such\x1b[2J user " + "x" * 1000))[:24] == "no such [2J user xxxxxxx"
    assert len(str(SendError("x" * 1000))) == 200


@pytest.mark.asyncio
async def test_without_smtp_the_operator_sees_the_link(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(Mail())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "ada@example.org" in record.getMessage()
    assert record.getMessage().endswith(LINK)
