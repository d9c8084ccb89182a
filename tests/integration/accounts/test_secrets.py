"""Nothing secret is in a log or in an error, however things go wrong."""

import json
import logging
import re

import pytest

from tests.integration import smtp_server
from tests.integration.accounts.conftest import Start, mail_settings
from tests.integration.accounts.people import (
    EMAIL,
    Answer,
    Browser,
    Client,
    add_user,
    bearer,
    mails_to,
    services_of,
    token_in,
    url_of,
)
from tests.integration.conftest import until
from tests.storage.mailed import issue_token
from web.app import Server

pytestmark = pytest.mark.asyncio

KEY = "kanarie-key-0123456789-abcdefghij-ABCDEFGHIJ"
SMTP = "kanarie-smtp-password"
PASSWORD = "kanarie-password-1"
NEW = "kanarie-password-2"
WRONG = "kanarie-password-3"


async def test_a_whole_life_leaves_no_secret_behind(
    start: Start, smtp: smtp_server.Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = await start(**mail_settings(smtp), secret=KEY, smtp_username="kanarie-user", smtp_password=SMTP)
    secrets = {KEY, SMTP, PASSWORD, NEW, WRONG}
    refused: list[Answer] = []
    async with Browser(url_of(server)) as browser, Client(url_of(server)) as client:
        await browser.register(password=PASSWORD)
        # The server asks for no log-in, so the mails fail; that is told to the operator.
        await until(lambda: "wasn't sent" in caplog.text)
        store = services_of(server).store
        user = await store.users.by_email(EMAIL)
        assert user is not None
        verify = await issue_token(store, user.id, "verify", services_of(server).clock(), 100.0)
        reset = await issue_token(store, user.id, "reset", services_of(server).clock(), 100.0)
        refused.append(await browser.post("/api/auth/verify", {"token": verify, "password": WRONG}))
        await browser.post("/api/auth/verify", {"token": verify, "password": PASSWORD})
        refused.append(await browser.post("/api/auth/verify", {"token": verify, "password": PASSWORD}))
        tokens = (await browser.log_in(password=PASSWORD)).body
        cookie = browser.cookies["milanio"]
        refused += [
            await client.log_in(password=WRONG),
            await client.post("/api/auth/register", {"email": "x", "name": "", "password": "kanarie"}),
            await client.post("/api/auth/login", {"email": EMAIL, "password": [WRONG]}),
            await client.post("/api/auth/login", {"email": EMAIL, "password": WRONG * 100}),
            await client.post("/api/auth/login", data=f'{{"password": "{WRONG}"'.encode()),
            await client.post("/api/auth/login", {"email": EMAIL, "password": WRONG, "more": WRONG}),
            await browser.put("/api/users/password", {"current": WRONG, "new": NEW}),
            await client.post("/api/auth/reset", {"token": reset, "password": "kanarie"}),
        ]
        assert (await browser.put("/api/users/password", {"current": PASSWORD, "new": NEW})).status == 204
        rotated = (await client.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})).body
        refused += [
            await client.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}),
            await client.get("/api/users/profile", headers=bearer(tokens["access_token"])),
            await client.get("/api/users/profile", headers={"Cookie": f"milanio={cookie}"}),
            await client.post("/api/auth/reset", {"token": reset, "password": NEW}),
        ]
        await _break(server, client, refused)
    secrets |= {verify, reset, cookie, user.password_hash}
    secrets |= {each[name] for each in (tokens, rotated) for name in ("access_token", "refresh_token")}
    assert all(answer.status >= 400 for answer in refused)
    told = [caplog.text, "".join(capfd.readouterr()), json.dumps([answer.body for answer in refused])]
    for secret in secrets:
        for text in told:
            assert secret not in text
    assert "kanarie" not in re.sub(r"kanarie-user", "", "".join(told))


async def _break(server: Server, client: Client, refused: list[Answer]) -> None:
    """What nobody foresaw happens in the middle of a log-in."""
    passwords = services_of(server).passwords

    async def broken(password: str, hashed: str | None, source: object = None) -> bool:
        raise ZeroDivisionError

    passwords.verify, plain = broken, passwords.verify  # type: ignore[method-assign]
    answer = await client.log_in(password=PASSWORD)
    passwords.verify = plain  # type: ignore[method-assign]
    assert (answer.status, answer.code) == (500, "internal")
    assert answer.body["error"]["message"] == "Something went wrong on the server."
    refused.append(answer)


async def test_links_are_in_no_log_where_there_is_a_mail_server(
    mailing: Server, smtp: smtp_server.Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Client(url_of(mailing)) as client:
        await client.register()
        await until(lambda: smtp.handler.arrived)
        token = token_in(mails_to(smtp.handler, EMAIL)[0], "/verify")
        assert (await client.confirm(token)).status == 200
    # The SMTP server of this test writes down what it gets.
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert token not in "".join(own)


async def test_where_there_is_none_the_operator_sees_the_link(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    server = await start(public_url="http://meet.example")
    await add_user(server)
    async with Client(url_of(server)) as client:
        assert (await client.post("/api/auth/forgot", {"email": EMAIL})).status == 202
        await until(lambda: "/reset#token=" in caplog.text)
        found = re.search(r"http://meet\.example/reset#token=(\S+)", caplog.text)
        assert found
        body = {"token": found[1], "password": NEW}
        assert (await client.post("/api/auth/reset", body)).status == 204
        assert (await client.log_in(password=NEW)).status == 200
