"""From the form to the first log-in, and what strangers can learn on the way."""

import asyncio

import pytest

from storage.models import Mail
from tests import times
from tests.integration import smtp_server
from tests.integration.accounts.conftest import Start, mail_settings
from tests.integration.accounts.people import (
    EMAIL,
    PASSWORD,
    Browser,
    Client,
    add_user,
    mails_to,
    services_of,
    token_in,
    url_of,
)
from tests.integration.conftest import until
from tests.storage.mailed import issue_token
from web.app import Server

pytestmark = pytest.mark.asyncio


async def test_register_verify_log_in(mailing: Server, smtp: smtp_server.Server) -> None:
    async with Browser(url_of(mailing)) as browser:
        answer = await browser.register("Ada@Example.org", "Ada Lovelace")
        assert (answer.status, answer.body) == (201, {"verification": "mailed"})
        assert browser.cookies == {}
        assert (await browser.log_in()).code == "not_verified"
        assert (await browser.log_in(password="wrong password")).code == "bad_credentials"

        await until(lambda: smtp.handler.arrived)
        (message,) = mails_to(smtp.handler, "ada@example.org")
        token = token_in(message, "/verify")
        answer = await browser.confirm(token)
        assert answer.status == 200
        assert (await browser.confirm(token)).code == "bad_token"
        assert (await browser.get("/api/users/profile")).body == answer.body["user"]

        answer = await browser.log_in()
        assert answer.status == 200
        user = answer.body["user"]
        assert (user["email"], user["name"], user["verified"]) == ("ada@example.org", "Ada Lovelace", True)
        assert (user["theme"], user["avatar"]) == ("system", None)
        assert (await browser.get("/api/users/profile")).body == user


async def test_without_a_mail_server_nothing_is_to_be_verified(browser: Browser) -> None:
    assert (await browser.get("/api/config")).body["verification"] is False
    answer = await browser.register()
    assert (answer.status, answer.body) == (201, {"verification": "not_needed"})
    answer = await browser.register("ADA@example.org")
    assert (answer.status, answer.code, list(answer.fields)) == (409, "email_taken", ["email"])
    answer = await browser.log_in()
    assert answer.status == 200
    assert answer.body["user"]["verified"] is False


async def test_whoever_registers_an_address_first_gains_nothing(mailing: Server, smtp: smtp_server.Server) -> None:
    async with Client(url_of(mailing)) as attacker, Browser(url_of(mailing)) as ada:
        before = await attacker.register(EMAIL, "Eve", "attackers own word")
        mine = await ada.register()
        after = await attacker.register(EMAIL, "Eve", "another one of mine")
        assert {(each.status, str(each.body)) for each in (before, mine, after)} == {
            (201, "{'verification': 'mailed'}")
        }
        await until(lambda: len(smtp.handler.arrived) == 3)
        first, second, third = (token_in(message, "/verify") for message in mails_to(smtp.handler, EMAIL))
        # Ada presses every link: without the password that belongs to it, none does anything.
        for token in (first, second, third):
            assert (await ada.post("/api/auth/verify", {"token": token})).code == "password_needed"
        for token in (first, third):
            assert (await ada.confirm(token)).code == "wrong_password"
        for password in ("attackers own word", "another one of mine"):
            assert (await attacker.log_in(password=password)).status in (401, 403)
        answer = await ada.confirm(second)
        assert (answer.status, answer.body["user"]["name"]) == (200, "Ada")
        for token in (first, third):
            assert (await attacker.confirm(token, "attackers own word")).code == "bad_token"
        for password in ("attackers own word", "another one of mine"):
            assert (await attacker.log_in(password=password)).code == "bad_credentials"
        assert (await ada.log_in()).status == 200


async def test_an_account_from_before_there_was_mail_is_confirmed_by_its_owner(
    start: Start, smtp: smtp_server.Server
) -> None:
    server = await start()
    async with Browser(url_of(server)) as squatter:
        await squatter.register(EMAIL, "Eve", "attackers own word")
        assert (await squatter.log_in(password="attackers own word")).status == 200
        mailing = await start(**mail_settings(smtp))
        squatter.url, squatter.headers = url_of(mailing), {"Origin": url_of(mailing)}
        async with Browser(url_of(mailing)) as ada:
            await ada.register()
            await until(lambda: smtp.handler.arrived)
            # Nothing has changed before she confirms.
            assert await squatter.profile() == 200
            assert (await squatter.log_in(password="attackers own word")).status in (401, 403)
            (message,) = mails_to(smtp.handler, EMAIL)
            assert (await ada.confirm(token_in(message, "/verify"))).body["user"]["name"] == "Ada"
            assert await squatter.profile() == 401
            assert (await squatter.log_in(password="attackers own word")).code == "bad_credentials"


async def test_a_taken_address_is_told_to_its_owner_alone(mailing: Server, smtp: smtp_server.Server) -> None:
    await add_user(mailing)
    async with Client(url_of(mailing)) as client:
        new, taken = await client.register("new@example.org"), await client.register(EMAIL, "Eve", "another password")
        assert (new.status, new.body) == (taken.status, taken.body)
        assert set(new.headers) == set(taken.headers)
        await until(lambda: len(smtp.handler.arrived) == 2)
        (message,) = mails_to(smtp.handler, EMAIL)
        assert message["Subject"] == "You already have an account"
        assert "Eve" not in message.as_string()
        assert (await client.log_in(password="another password")).code == "bad_credentials"
        assert (await client.log_in()).status == 200


async def test_registration_can_be_closed(start: Start) -> None:
    server = await start(registration="closed")
    async with Client(url_of(server)) as client:
        assert (await client.get("/api/config")).body["registration"] == "closed"
        answer = await client.register()
        assert (answer.status, answer.code) == (403, "registration_closed")
        assert await services_of(server).store.users.count() == 0


@pytest.mark.parametrize("path", ["/api/auth/forgot", "/api/auth/resend"])
async def test_asking_for_a_mail_tells_nothing_about_anybody(
    mailing: Server, smtp: smtp_server.Server, path: str
) -> None:
    await add_user(mailing, "verified@example.org")
    await add_user(mailing, "fresh@example.org", verified=False)
    disabled = await add_user(mailing, "disabled@example.org")
    await services_of(mailing).store.users.disable(disabled.id, 1.0)
    async with Client(url_of(mailing)) as client:
        people = ("verified", "fresh", "disabled", "nobody")
        answers = [await client.post(path, {"email": f"{name}@example.org"}) for name in people]
    assert {(answer.status, str(answer.body), tuple(answer.headers)) for answer in answers} == {
        (202, "{'status': 'accepted'}", tuple(answers[0].headers))
    }
    expected = {"fresh@example.org"} | ({"verified@example.org"} if path.endswith("forgot") else set())
    # All that is queued, so that none can come later.
    async with asyncio.timeout(times.seconds(15)):
        while await services_of(mailing).store.mail.waiting():
            await asyncio.sleep(0.01)
    assert {to[0] for _, to, _ in smtp.handler.arrived} == expected


async def test_a_resent_mail_verifies_as_the_first_does(mailing: Server, smtp: smtp_server.Server) -> None:
    async with Client(url_of(mailing)) as client:
        await client.register()
        await client.post("/api/auth/resend", {"email": "ADA@example.org"})
        await until(lambda: len(smtp.handler.arrived) == 2)
        first, second = (token_in(message, "/verify") for message in mails_to(smtp.handler, EMAIL))
        assert first != second
        assert (await client.confirm(second)).status == 200
        assert (await client.log_in()).status == 200


async def test_a_forgotten_password(mailing: Server, smtp: smtp_server.Server) -> None:
    await add_user(mailing, verified=False)
    async with Browser(url_of(mailing)) as browser:
        await browser.post("/api/auth/forgot", {"email": EMAIL})
        await until(lambda: smtp.handler.arrived)
        token = token_in(mails_to(smtp.handler, EMAIL)[0], "/reset")
        answer = await browser.post("/api/auth/reset", {"token": token, "password": "short"})
        assert (answer.status, list(answer.fields)) == (422, ["password"])
        assert (await browser.post("/api/auth/verify", {"token": token})).code == "bad_token"
        new = "a quite different one"
        assert (await browser.post("/api/auth/reset", {"token": token, "password": new})).status == 204
        assert browser.cookies == {}
        assert (await browser.post("/api/auth/reset", {"token": token, "password": new})).code == "bad_token"
        assert (await browser.log_in()).code == "bad_credentials"
        assert (await browser.log_in(password=new)).body["user"]["verified"] is True
    await until(lambda: len(smtp.handler.arrived) == 2)
    assert smtp.handler.arrived[1][2]["Subject"] == "Your password was changed"


async def test_a_link_that_a_scanner_opens_still_works(mailing: Server, smtp: smtp_server.Server) -> None:
    async with Client(url_of(mailing)) as client:
        await client.register()
        await until(lambda: smtp.handler.arrived)
        token = token_in(mails_to(smtp.handler, EMAIL)[0], "/verify")
        for method in ("GET", "HEAD", "OPTIONS"):
            for path in ("/verify", f"/verify?token={token}", f"/api/auth/verify?token={token}"):
                assert (await client.ask(method, path)).status in (200, 404, 405)
        assert (await client.confirm(token)).status == 200


async def test_of_a_mailed_token_that_is_used_many_times_at_once_one_use_counts(server: Server, client: Client) -> None:
    user = await add_user(server, verified=False)
    store = services_of(server).store
    verify = await issue_token(store, user.id, "verify", services_of(server).clock(), 100.0)
    answers = await asyncio.gather(*(client.confirm(verify) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 7

    reset = await issue_token(store, user.id, "reset", services_of(server).clock(), 100.0)
    passwords = [f"number {n} of many" for n in range(8)]
    answers = await asyncio.gather(
        *(client.post("/api/auth/reset", {"token": reset, "password": each}) for each in passwords)
    )
    assert sorted(answer.status for answer in answers) == [204] + [404] * 7
    right = [answer.status == 204 for answer in answers]
    assert [(await client.log_in(password=each)).status == 200 for each in passwords] == right


async def test_a_link_that_is_too_old_is_no_good(server: Server, client: Client) -> None:
    user = await add_user(server, verified=False)
    store, now = services_of(server).store, services_of(server).clock()
    verify = await issue_token(store, user.id, "verify", now - 100.0, 99.0)
    reset = await issue_token(store, user.id, "reset", now - 100.0, 99.0)
    assert (await client.post("/api/auth/verify", {"token": verify})).code == "bad_token"
    assert (await client.post("/api/auth/reset", {"token": reset, "password": PASSWORD})).code == "bad_token"


async def test_a_link_leads_to_the_server_whatever_host_the_request_names(
    mailing: Server, smtp: smtp_server.Server
) -> None:
    await add_user(mailing)
    async with Client(url_of(mailing)) as client:
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        assert (await client.post("/api/auth/forgot", {"email": EMAIL}, headers=headers)).status == 202
    await until(lambda: smtp.handler.arrived)
    assert token_in(mails_to(smtp.handler, EMAIL)[0], "/reset")
    assert "evil" not in smtp.handler.arrived[0][2].as_string()


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_a_mail_server_that_is_down_delays_the_mail_and_nothing_else(
    start: Start, smtp: smtp_server.Server, how: str
) -> None:
    if how == "gone":
        await smtp.stop()
    else:
        smtp.handler.silent_at = "data"
    server = await start(**mail_settings(smtp))
    loop = asyncio.get_running_loop()
    async with Client(url_of(server)) as client:
        began = loop.time()
        assert (await client.register()).body == {"verification": "mailed"}
        assert (await client.post("/api/auth/forgot", {"email": EMAIL})).status == 202
        assert loop.time() - began < times.seconds(1.0)
    store = services_of(server).store
    assert await store.mail.waiting() == 2
    if how == "silent":
        await smtp.stop()
        smtp.handler.silent_at = ""
    await smtp.start()
    # What would be a minute later.
    due = Mail.update(next_attempt_at=1.0).where(Mail.next_attempt_at.is_null(False))
    async with asyncio.timeout(times.seconds(15)):
        while await store.mail.waiting():
            await store.database.run(due.execute)
            services_of(server).mail.wake()
            await asyncio.sleep(0.02)
    assert sorted(str(message["Subject"]) for message in mails_to(smtp.handler, EMAIL)) == [
        "Choose a new password",
        "Confirm your email address",
    ]


async def test_a_registration_that_cannot_be_stored_leaves_nothing(
    mailing: Server, smtp: smtp_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    store = services_of(mailing).store
    async with Client(url_of(mailing)) as client:
        with monkeypatch.context() as patch:
            patch.setattr("storage.repositories.users.queue_mail", broken)
            assert (await client.register()).status == 500
        assert await store.users.count() == 0
        assert await store.mail.waiting() == 0
        assert (await client.register()).status == 201
    await until(lambda: smtp.handler.arrived)
