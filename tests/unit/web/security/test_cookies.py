import secrets

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web.security import cookies
from web.security.cookies import CookieStorage

pytestmark = pytest.mark.asyncio

KEY = secrets.token_bytes(32)


def request(cookie: str, name: str = cookies.NAME) -> web.Request:
    return make_mocked_request("GET", "/", headers={"Cookie": f"{name}={cookie}"})


async def stored(storage: CookieStorage) -> str:
    session = await storage.new_session()
    session["user"] = "ada"
    response = web.Response()
    await storage.save_session(request(""), response, session)
    return response.cookies[storage.cookie_name].value


@pytest.mark.parametrize("secure", [True, False])
async def test_what_was_stored_is_read_again_and_is_no_text_that_one_can_read(secure: bool) -> None:
    storage = CookieStorage(KEY, secure)
    cookie = await stored(storage)
    assert "ada" not in cookie
    session = await storage.load_session(request(cookie, storage.cookie_name))
    assert dict(session) == {"user": "ada"}


async def test_a_damaged_or_foreign_cookie_says_nothing() -> None:
    storage = CookieStorage(KEY, secure=False)
    cookie = await stored(storage)
    foreign = await stored(CookieStorage(secrets.token_bytes(32), secure=False))
    # Not the last few: base64 has bits there that mean nothing.
    places = range(0, len(cookie) - 8, 7)
    damaged = [cookie[:at] + ("A" if cookie[at] != "A" else "B") + cookie[at + 1 :] for at in places]
    for each in ["", "x", "gAAAA", "é", "%00", "a" * 7000, cookie[:-5], foreign, *damaged]:
        assert dict(await storage.load_session(request(each))) == {}, each


async def test_the_log_stays_empty_however_many_cookies_are_wrong(caplog: pytest.LogCaptureFixture) -> None:
    storage = CookieStorage(KEY, secure=False)
    for _ in range(3):
        await storage.load_session(request("wrong"))
    assert caplog.records == []


async def test_a_clock_that_is_set_back_makes_nobody_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = CookieStorage(KEY, secure=False)
    cookie = await stored(storage)
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    assert dict(await storage.load_session(request(cookie))) == {"user": "ada"}


@pytest.mark.parametrize(
    ("secure", "name", "words"),
    [
        (False, "milanio", {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"}),
        (True, "__Host-milanio", {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000", "Secure"}),
    ],
)
async def test_attributes_when_set_and_when_deleted(secure: bool, name: str, words: set[str]) -> None:
    storage = CookieStorage(KEY, secure)
    session = await storage.new_session()
    session["user"] = "ada"
    response = web.Response()
    await storage.save_session(request(""), response, session)
    line = response.cookies[name].OutputString().split("; ")
    assert {word for word in line[1:] if not word.startswith("expires")} == words

    session.invalidate()
    response = web.Response()
    await storage.save_session(request(""), response, session)
    line = response.cookies[name].OutputString().split("; ")
    assert line[0] == f'{name}=""'
    wanted = words - {"Max-Age=2592000"} | {"Max-Age=0"}
    assert {word for word in line[1:] if not word.startswith("expires")} == wanted
