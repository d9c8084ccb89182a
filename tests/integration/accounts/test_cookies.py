"""The cookie: how it is set, whom it is set for, and how long it is good."""

import base64
import re
from typing import Any

import pytest

from signaling import join_token
from storage.models import Session
from tests.integration.accounts.conftest import Start
from tests.integration.accounts.people import EMAIL, PASSWORD, Answer, Browser, Client, add_user, services_of, url_of
from web.app import Server
from web.security import cookies
from web.security.identity import SESSION_LIFETIME, TOUCH_AFTER

pytestmark = pytest.mark.asyncio

CREDENTIALS = {"email": EMAIL, "password": PASSWORD}


def set_cookie(answer: Answer) -> tuple[str, set[str]]:
    """Name and attributes of the one cookie that is set, besides the one that makes a browser known."""
    (line,) = [each for each in answer.headers.getall("Set-Cookie") if "milanio-device=" not in each]
    first, *rest = line.split("; ")
    return first.partition("=")[0], {each for each in rest if not each.startswith("expires=")}


PLAIN = {"HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"}
SECURE = PLAIN | {"Secure"}


@pytest.mark.parametrize(
    ("settings", "headers", "name", "attributes"),
    [
        ({}, {}, "milanio", PLAIN),
        ({}, {"X-Forwarded-Proto": "https"}, "milanio", PLAIN),
        ({"trusted_proxies": ("127.0.0.1",)}, {"X-Forwarded-Proto": "https"}, "__Host-milanio", SECURE),
        ({"trusted_proxies": ("127.0.0.1",)}, {"X-Forwarded-Proto": "http"}, "milanio", PLAIN),
        ({"trusted_proxies": ("192.0.2.1",)}, {"X-Forwarded-Proto": "https"}, "milanio", PLAIN),
        ({"public_url": "https://meet.example"}, {}, "__Host-milanio", SECURE),
        ({"public_url": "http://meet.example"}, {}, "milanio", PLAIN),
    ],
)
async def test_its_attributes(
    start: Start, settings: dict[str, Any], headers: dict[str, str], name: str, attributes: set[str]
) -> None:
    server = await start(**settings)
    await add_user(server)
    async with Client(url_of(server), **headers) as client:
        answer = await client.post("/api/auth/login", CREDENTIALS)
        assert set_cookie(answer) == (name, attributes)
        value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        browser = {"Cookie": f"{name}={value}", "Sec-Fetch-Site": "same-origin"}
        assert (await client.get("/api/users/profile", headers=browser)).status == 200
        answer = await client.post("/api/auth/logout", headers=browser)
        assert set_cookie(answer) == (name, attributes - {"Max-Age=2592000"} | {"Max-Age=0"})


@pytest.mark.parametrize(
    ("headers", "name"), [({}, "milanio-device"), ({"X-Forwarded-Proto": "https"}, "__Host-milanio-device")]
)
async def test_the_cookie_of_a_known_browser(start: Start, headers: dict[str, str], name: str) -> None:
    server = await start(trusted_proxies=("127.0.0.1",))
    user = await add_user(server)
    async with Client(url_of(server), **headers) as client:
        answer = await client.post("/api/auth/login", CREDENTIALS)
    (line,) = [each for each in answer.headers.getall("Set-Cookie") if "milanio-device=" in each]
    first, *rest = line.split("; ")
    expected = {"HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax"} | ({"Secure"} if headers else set())
    assert first.startswith(f"{name}=")
    assert {each for each in rest if not each.startswith("expires=")} == expected
    payload = base64.urlsafe_b64decode(first.split(".")[1] + "==").decode()
    assert not any(secret in payload for secret in (user.id, EMAIL, "Ada"))


async def test_it_shows_nothing_of_what_it_says(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    await browser.log_in()
    value = browser.cookies["milanio"]
    session = (await browser.get("/api/auth/sessions")).body["sessions"][0]["id"]
    assert re.fullmatch(r"[\w=-]+", value)
    assert not any(secret in value for secret in (user.id, session, EMAIL))


async def test_nobody_gets_one_without_logging_in(server: Server, browser: Browser) -> None:
    await add_user(server)
    answers = [
        await browser.get("/api/config"),
        await browser.get("/api/docs"),
        await browser.get("/api/users/profile"),
        await browser.get("/"),
        await browser.log_in(password="wrong password"),
        await browser.register("new@example.org"),
        await browser.post("/api/auth/logout"),
        await browser.post("/api/auth/forgot", {"email": EMAIL}),
    ]
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * len(answers)
    assert set(browser.cookies) <= {"milanio-device"}


async def test_a_cookie_that_means_nothing_is_nobodys(server: Server, browser: Browser) -> None:
    await add_user(server)
    await browser.log_in()
    good = browser.cookies["milanio"]
    async with Client(browser.url) as client:
        for cookie in (
            "",
            "x",
            good[:-6],
            good[6:],
            good.swapcase(),
            "gAAAAA" + "A" * 200,
            '"',
            "a b",
            "é",
            "x" * 6000,
        ):
            answer = await client.get("/api/users/profile", headers={"Cookie": f"milanio={cookie}"})
            assert (answer.status, answer.code) == (401, "not_signed_in"), cookie
            assert "Set-Cookie" not in answer.headers
        # Under the other name it is for another kind of connection.
        assert (await client.get("/api/users/profile", headers={"Cookie": f"__Host-milanio={good}"})).status == 401
        assert (await client.get("/api/users/profile", headers={"Cookie": f"milanio={good}"})).status == 200


async def test_a_cookie_of_another_server_is_nobodys(start: Start, browser: Browser, tmp_path: Any) -> None:
    other = await start(data=tmp_path / "other")
    await add_user(other)
    async with Client(url_of(other)) as client:
        answer = await client.post("/api/auth/login", CREDENTIALS)
    value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    # The same database, so the session itself is known there.
    assert (await browser.get("/api/users/profile", headers={"Cookie": f"milanio={value}"})).status == 401


async def test_a_log_in_goes_on_while_it_is_used(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    await browser.log_in()
    store, now = services_of(server).store, services_of(server).clock()

    async def age(seconds: float) -> None:
        times = {"created_at": now - seconds, "expires_at": now - seconds + SESSION_LIFETIME}
        await store.database.run(lambda: Session.update(**times).execute())

    await age(TOUCH_AFTER - 60.0)
    answer = await browser.get("/api/users/profile")
    assert "Set-Cookie" not in answer.headers
    await age(TOUCH_AFTER + 60.0)
    answer = await browser.get("/api/users/profile")
    assert set_cookie(answer) == ("milanio", PLAIN)
    (session,) = await store.tokens.list(user.id, now)
    assert now <= session.last_used_at < now + 60.0
    assert session.expires_at == session.last_used_at + cookies.LIFETIME
    assert "Set-Cookie" not in (await browser.get("/api/users/profile")).headers
    await age(SESSION_LIFETIME + 1.0)
    assert await browser.profile() == 401


async def test_a_guest_is_the_same_in_one_browser_and_somebody_new_elsewhere(
    server: Server, browser: Browser, client: Client
) -> None:
    room = (await client.post("/api/rooms/create", {})).body
    body = {"code": room["code"], "name": "Eve"}
    guests = [await guest_of(server, await browser.post("/api/rooms/join", body)) for _ in range(2)]
    assert guests[0] == guests[1]
    assert re.fullmatch(r"guest-[\w-]{22}", guests[0])
    others = {await guest_of(server, await client.post("/api/rooms/join", body)) for _ in range(3)}
    assert len(others) == 3
    assert guests[0] not in others

    # A guest is nobody with an account, and keeps no account's cookie.
    assert await browser.profile() == 401
    await add_user(server)
    await browser.log_in()
    await services_of(server).store.tokens.revoke_all((await user_id(browser)), 1.0)
    third = await guest_of(server, await browser.post("/api/rooms/join", body))
    assert third.startswith("guest-")
    assert third not in guests


async def user_id(browser: Browser) -> str:
    return str((await browser.get("/api/users/profile")).body["id"])


async def guest_of(server: Server, answer: Answer) -> str:
    assert answer.status == 200, answer.body
    token = join_token.verify(answer.body["token"], services_of(server).signaling.key)
    return str(token.person.id)
