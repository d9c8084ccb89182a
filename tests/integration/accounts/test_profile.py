"""What people read and change about themselves: profile, password, picture, and the end of the account."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image

from tests.integration.accounts.conftest import Start
from tests.integration.accounts.people import (
    EMAIL,
    PASSWORD,
    Browser,
    Client,
    add_user,
    bearer,
    mails_to,
    services_of,
    url_of,
)
from tests.integration.conftest import until
from tests.integration.smtp_server import Server as SmtpServer
from tests.storage.mailed import issue_token
from web.app import Server

pytestmark = pytest.mark.asyncio

NEW = "a quite different one"


async def test_what_is_left_out_stays(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    await browser.log_in()
    before = (await browser.get("/api/users/profile")).body
    assert (before["id"], before["email"], before["theme"], before["avatar"]) == (user.id, EMAIL, "system", None)
    assert (await browser.put("/api/users/profile", {"name": " Zoë 🦊 "})).body == {**before, "name": "Zoë 🦊"}
    assert (await browser.put("/api/users/profile", {"theme": "dark"})).body["name"] == "Zoë 🦊"
    after = (await browser.put("/api/users/profile", {"avatar_colour": "#ABCDEF", "name": None})).body
    assert (after["name"], after["theme"], after["avatar_colour"]) == ("Zoë 🦊", "dark", "#abcdef")
    assert (await browser.put("/api/users/profile", {})).body == after
    assert (await browser.get("/api/users/profile")).body == after


async def test_a_change_that_is_not_right_changes_nothing(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    await browser.log_in()
    bodies: list[Any] = [
        {"name": ""},
        {"name": "\u200b\u3164"},
        {"name": "x" * 65},
        {"theme": "purple"},
        {"avatar_colour": "red"},
        {"email": "eve@example.org"},
        {"id": "0"},
        {"name": "Eve", "theme": 5},
        [],
        "x",
    ]
    for body in bodies:
        answer = await browser.put("/api/users/profile", body)
        assert (answer.status, answer.code) == (422, "invalid"), body
        assert answer.fields
    assert await services_of(server).store.users.by_id(user.id) == user


@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/login", "/api/auth/reset"])
async def test_whatever_comes_as_a_body_is_refused_with_a_reason(client: Client, path: str) -> None:
    bodies = {
        b"": 422,
        b"{": 422,
        b"\xff\xfe": 422,
        b"null": 422,
        b'{"email": "\\ud800"}': 422,
        b"[" * 60_000: 422,
        b'{"email": ' + b"1" * 60_000 + b"}": 422,
        b'{"password": "' + b"x" * 1_000_000 + b'"}': 413,
    }
    for body, status in bodies.items():
        answer = await client.post(path, data=body)
        assert answer.status == status, body[:20]
        assert answer.body["error"]["message"]


async def test_a_body_that_is_not_encoded_as_it_says(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for encoding in ("gzip", "deflate", "br"):
        answer = await client.post("/api/auth/login", data=b"junk", headers={"Content-Encoding": encoding})
        assert answer.status == 400, encoding
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_body_that_never_comes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.errors.BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    answer = await reader.readuntil(b'"too_slow"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nConnection: close\r\n" in answer
    writer.close()
    await writer.wait_closed()


async def test_a_new_password_ends_every_other_log_in(
    mailing: Server, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await add_user(mailing)
    ended: list[Any] = []
    monkeypatch.setattr(services_of(mailing).calls, "sign_out", lambda *a, **k: ended.append((a, k)))
    async with Browser(url_of(mailing)) as browser, Browser(url_of(mailing)) as other, Client(browser.url) as client:
        mine, theirs = (await browser.log_in()).body, (await other.log_in()).body
        here = next(
            each["id"] for each in (await browser.get("/api/auth/sessions")).body["sessions"] if each["current"]
        )

        answer = await browser.put("/api/users/password", {"current": "wrong password", "new": NEW})
        assert (answer.status, answer.code, list(answer.fields)) == (403, "wrong_password", ["current"])
        answer = await browser.put("/api/users/password", {"current": PASSWORD, "new": "short"})
        assert (answer.status, list(answer.fields)) == (422, ["new"])
        assert ended == []
        assert await other.profile() == 200

        assert (await browser.put("/api/users/password", {"current": PASSWORD, "new": NEW})).status == 204
        assert ended == [((user.id,), {"keep": here})]
        assert await browser.profile() == 200
        assert await other.profile() == 401
        assert (await client.get("/api/users/profile", headers=bearer(mine["access_token"]))).status == 200
        assert (await client.get("/api/users/profile", headers=bearer(theirs["access_token"]))).status == 401
        refresh = {"refresh_token": theirs["refresh_token"]}
        assert (await client.post("/api/auth/refresh", refresh)).status == 401
        assert (await client.log_in()).status == 401
        assert (await client.log_in(password=NEW)).status == 200
    await until(lambda: smtp.handler.arrived)
    (message,) = mails_to(smtp.handler, EMAIL)
    assert message["Subject"] == "Your password was changed"


async def test_a_reset_password_ends_every_log_in(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    token = (await browser.log_in()).body["access_token"]
    services = services_of(server)
    mailed = await issue_token(services.store, user.id, "reset", services.clock(), 100.0)
    assert (await browser.post("/api/auth/reset", {"token": mailed, "password": NEW})).status == 204
    assert await browser.profile() == 401
    assert (await browser.get("/api/users/profile", headers=bearer(token))).status == 401


async def test_a_browser_found_open_gives_no_free_guesses(server: Server, browser: Browser) -> None:
    await add_user(server)
    await browser.log_in()
    for _ in range(10):
        answer = await browser.put("/api/users/password", {"current": "wrong password", "new": NEW})
        assert answer.status == 403
    assert (await browser.put("/api/users/password", {"current": PASSWORD, "new": NEW})).status == 429
    assert (await browser.delete("/api/users/profile", {"password": PASSWORD})).status == 429


async def test_deleting_the_account_ends_everything(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await add_user(server)
    ended: list[Any] = []
    monkeypatch.setattr(services_of(server).calls, "sign_out", lambda *a, **k: ended.append((a, k)))
    tokens = (await browser.log_in()).body
    assert (await browser.delete("/api/users/profile", {"password": "wrong password"})).code == "wrong_password"
    assert (await browser.delete("/api/users/profile", {})).status == 422
    assert (await browser.delete("/api/users/profile", {"password": PASSWORD})).status == 204
    assert ended == [((user.id,), {})]
    assert browser.cookies == {}
    assert await services_of(server).store.users.count() == 0
    headers = bearer(tokens["access_token"])
    assert (await browser.get("/api/users/profile", headers=headers)).status == 401
    assert (await browser.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})).status == 401
    assert (await browser.log_in()).status == 401
    assert (await browser.register()).status == 201


# Pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300), colour: Any = (255, 0, 0)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


async def test_a_picture_is_made_anew_and_shown_to_everybody(server: Server, browser: Browser, client: Client) -> None:
    user = await add_user(server)
    await browser.log_in()
    where = f"/api/users/{user.id}/avatar"
    assert (await client.get(where)).code == "not_found"
    # What it is said to be doesn't matter.
    answer = await browser.put("/api/users/avatar", data=picture("JPEG"), headers={"Content-Type": "text/html"})
    assert (answer.status, answer.body["avatar"]) == (200, where)

    shown = await client.get(where)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/webp")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-cache"
    assert Image.open(io.BytesIO(shown.body)).size == (256, 256)
    tag = shown.headers["ETag"]
    for known in (tag, f'W/{tag}, "x"', f'"x", {tag}', "*"):
        again = await client.get(where, headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag), known
    assert (await client.get(where, headers={"If-None-Match": '"x"'})).status == 200
    await browser.put("/api/users/avatar", data=picture(colour=(0, 0, 255)))
    assert (await client.get(where, headers={"If-None-Match": tag})).headers["ETag"] != tag

    assert (await browser.delete("/api/users/avatar")).body["avatar"] is None
    assert (await client.get(where)).status == 404
    assert (await client.get(where, headers={"If-None-Match": "*"})).status == 404
    assert (await client.put("/api/users/avatar", data=picture())).status == 401


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "not_a_picture"),
        (b"<svg onload=alert(1)>", 415, "not_a_picture"),
        (picture()[:60], 422, "bad_picture"),
        (picture(size=(8000, 5001)), 422, "bad_picture"),
        (b"x" * (4 * 1024 * 1024 + 1), 413, "too_large"),
    ],
    ids=["nothing", "svg", "cut", "too many pixels", "too many bytes"],
)
async def test_an_upload_that_is_refused_changes_nothing(
    server: Server, browser: Browser, data: bytes, status: int, code: str
) -> None:
    user = await add_user(server)
    await browser.log_in()
    await browser.put("/api/users/avatar", data=picture())
    before = await services_of(server).store.users.avatar(user.id)
    answer = await browser.put("/api/users/avatar", data=io.BytesIO(data))
    assert (answer.status, answer.code) == (status, code)

    async def pieces() -> Any:  # of a length that isn't announced
        for at in range(0, len(data), 65536):
            yield data[at : at + 65536]

    answer = await browser.put("/api/users/avatar", data=pieces())
    assert (answer.status, answer.code) == (status, code)
    assert await services_of(server).store.users.avatar(user.id) == before is not None


async def test_uploads_are_counted(server: Server, browser: Browser) -> None:
    await add_user(server)
    await browser.log_in()
    statuses = [(await browser.put("/api/users/avatar", data=b"x")).status for _ in range(11)]
    assert statuses == [415] * 10 + [429]


async def test_nobody_has_no_picture(client: Client) -> None:
    for user in ("x", "%00", "%ED%A0%80", "a" * 65, "%2e%2e", "profile"):
        assert (await client.get(f"/api/users/{user}/avatar")).status == 404


async def test_a_store_that_is_away_is_told_as_such(start: Start) -> None:
    server = await start(rate_limits=False)
    await add_user(server)
    async with Browser(url_of(server)) as browser:
        await browser.log_in()
        await services_of(server).store.database.close()
        for answer in (
            await browser.log_in(),
            await browser.register("new@example.org"),
            await browser.get("/api/users/profile"),
            await browser.post("/api/auth/forgot", {"email": EMAIL}),
            await browser.post("/api/auth/refresh", {"refresh_token": "x"}),
            await browser.get("/api/users/x/avatar"),
        ):
            assert (answer.status, answer.code) == (503, "unavailable")
            assert answer.headers["Retry-After"] == "2"
        for path in ("/api/config", "/api/health", "/api/openapi.json", "/api/docs"):
            assert (await browser.get(path)).status == 200
        await services_of(server).store.database.start()
        assert await browser.profile() == 200
