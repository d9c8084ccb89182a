"""Invitations where mail is set up: who gets which mail, and what strangers learn or cause by it."""

from typing import Any

import pytest

from tests.integration import smtp_server
from tests.integration.accounts.people import EMAIL, Browser, add_user, mails_to, url_of
from tests.integration.conftest import until
from web.app import Server
from web.security.rules import RULES

pytestmark = pytest.mark.asyncio

BEN = "ben@example.org"


async def owned_room(browser: Browser, title: str = "Monday meeting") -> dict[str, Any]:
    await browser.log_in()
    made: dict[str, Any] = (await browser.post("/api/rooms/create", {"title": title, "access": "members"})).body
    return made


def text_of(message: Any) -> str:
    text: str = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    return text


async def test_the_mail_of_an_invitation_leads_into_the_room(mailing: Server, smtp: smtp_server.Server) -> None:
    await add_user(mailing, EMAIL)
    await add_user(mailing, BEN)
    async with Browser(url_of(mailing)) as ada, Browser(url_of(mailing)) as cleo:
        room = await owned_room(ada)
        members = f"/api/rooms/{room['id']}/members"
        for email, language in ((BEN, "en"), ("nobody@example.org", "de")):
            answer = await ada.post(members, {"email": email, "language": language})
            assert (answer.status, answer.body["mailed"]) == (200, True)
        await until(lambda: len(smtp.handler.arrived) == 2)
        # Whether there is an account can be told neither from the answer nor from the mail.
        known, unknown = text_of(mails_to(smtp.handler, BEN)[0]), text_of(smtp.handler.arrived[1][2])
        assert "Ada invited you to the room “Monday meeting” on Milanio." in known
        assert "Ada lädt Sie in den Raum „Monday meeting“ auf Milanio ein." in unknown
        (link,) = (line for line in unknown.splitlines() if line.startswith("http"))
        assert link == answer.body["link"]
        # The link works for any account: people have several addresses.
        await add_user(mailing, "cleo@example.org")
        await cleo.log_in("cleo@example.org")
        token = link.partition("#invite=")[2]
        assert (await cleo.post("/api/rooms/accept", {"token": token})).body["code"] == room["code"]


async def test_a_title_with_a_link_is_mailed_to_nobody(mailing: Server, smtp: smtp_server.Server) -> None:
    await add_user(mailing, EMAIL)
    async with Browser(url_of(mailing)) as ada:
        room = await owned_room(ada, "Win at https://evil.example")
        await ada.post(f"/api/rooms/{room['id']}/members", {"email": BEN})
        await until(lambda: smtp.handler.arrived)
    text = text_of(mails_to(smtp.handler, BEN)[0])
    assert "Ada invited you to a room on Milanio." in text
    assert "evil" not in text


async def test_invitations_past_the_limit_are_made_and_not_mailed(mailing: Server, smtp: smtp_server.Server) -> None:
    most = int(next(rule.limit for rule in RULES if rule.name == "invitation-mail-to").partition("/")[0])
    await add_user(mailing, EMAIL)
    await add_user(mailing, BEN)
    async with Browser(url_of(mailing)) as ada, Browser(url_of(mailing)) as ben:
        room = await owned_room(ada)
        answers = [await ada.post(f"/api/rooms/{room['id']}/members", {"email": BEN}) for _ in range(most + 1)]
        assert [answer.body["mailed"] for answer in answers] == [True] * most + [False]
        # And nobody is kept from their own mails by it.
        assert (await ben.post("/api/auth/forgot", {"email": BEN})).status == 202
        await until(lambda: len(smtp.handler.arrived) == most + 1)
    assert mails_to(smtp.handler, BEN)[-1]["Subject"] == "Choose a new password"


async def test_without_a_mail_server_an_invitation_is_mailed_to_nobody(server: Server) -> None:
    await add_user(server, EMAIL)
    async with Browser(url_of(server)) as ada:
        room = await owned_room(ada)
        answer = await ada.post(f"/api/rooms/{room['id']}/members", {"email": BEN})
    assert answer.body["mailed"] is False
    assert server.services is not None
    assert await server.services.store.mail.waiting() == 0
