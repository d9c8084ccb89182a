"""Logging in and out: who gets in, who doesn't learn why not, and what ends when."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.accounts.conftest import Start, mail_settings
from tests.integration.accounts.people import (
    EMAIL,
    PASSWORD,
    Answer,
    Browser,
    Client,
    add_user,
    bearer,
    services_of,
    url_of,
)
from tests.integration.smtp_server import Server as SmtpServer
from web.app import Server
from web.security.access_token import LIFETIME
from web.security.fair_queue import FairQueue
from web.security.passwords import Source

pytestmark = pytest.mark.asyncio


@pytest.fixture
def ended(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None, str | None]]:
    """The calls to `sign_out`: user, session, session that is kept."""
    calls: list[tuple[str, str | None, str | None]] = []

    def sign_out(user_id: str, *, session: str | None = None, keep: str | None = None) -> None:
        calls.append((user_id, session, keep))

    monkeypatch.setattr(services_of(server).calls, "sign_out", sign_out)
    return calls


Ended = list[tuple[str, str | None, str | None]]


async def session_of(client: Client, headers: dict[str, str] | None = None) -> str:
    answer = await client.get("/api/auth/sessions", headers=headers)
    return next(str(each["id"]) for each in answer.body["sessions"] if each["current"])


async def test_one_log_in_is_good_for_cookie_and_tokens(server: Server, browser: Browser, client: Client) -> None:
    user = await add_user(server)
    answer = await browser.log_in(" ADA@Example.ORG ")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["user"]["id"] == user.id
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", LIFETIME)
    headers = bearer(answer.body["access_token"])
    assert (await browser.get("/api/users/profile")).body == answer.body["user"]
    assert (await client.get("/api/users/profile", headers=headers)).body == answer.body["user"]
    assert await session_of(browser) == await session_of(client, headers)
    assert (await client.get("/api/users/profile")).code == "not_signed_in"


async def test_logging_out_by_cookie_ends_everything_of_that_log_in(
    server: Server, browser: Browser, client: Client, ended: Ended
) -> None:
    user = await add_user(server)
    elsewhere = (await client.log_in()).body
    here = (await browser.log_in()).body
    cookie, session = browser.cookies["milanio"], await session_of(browser)
    assert (await browser.post("/api/auth/logout")).status == 204
    assert ended == [(user.id, session, None)]
    assert set(browser.cookies) == {"milanio-device"}
    for headers in (bearer(here["access_token"]), {"Cookie": f"milanio={cookie}"}):
        assert (await client.get("/api/users/profile", headers=headers)).status == 401
    answer = await client.post("/api/auth/refresh", {"refresh_token": here["refresh_token"]})
    assert (answer.status, answer.code) == (401, "bad_refresh_token")
    assert (await client.get("/api/users/profile", headers=bearer(elsewhere["access_token"]))).status == 200


async def test_a_page_can_ask_who_its_cookie_says_it_is(server: Server, browser: Browser) -> None:
    await add_user(server)
    nobody = await browser.get("/api/auth/session")
    assert (nobody.status, nobody.body) == (200, {"user": None})
    user = (await browser.log_in()).body["user"]
    assert (await browser.get("/api/auth/session")).body == {"user": user}
    await browser.post("/api/auth/logout")
    assert (await browser.get("/api/auth/session")).body == {"user": None}


async def test_logging_out_by_token_ends_the_cookie(server: Server, browser: Browser, client: Client) -> None:
    await add_user(server)
    token = (await browser.log_in()).body["access_token"]
    assert (await client.post("/api/auth/logout", headers=bearer(token))).status == 204
    assert await browser.profile() == 401
    # Who is logged out already has nothing to complain about, and the browser lets go of its cookie.
    assert (await browser.post("/api/auth/logout")).status == 204
    assert set(browser.cookies) == {"milanio-device"}
    assert (await client.post("/api/auth/logout")).status == 204
    assert (await client.post("/api/auth/logout", headers=bearer(token))).status == 401


async def test_logging_in_again_ends_what_the_browser_had(server: Server, browser: Browser, ended: Ended) -> None:
    user = await add_user(server)
    await browser.log_in()
    first, cookie = await session_of(browser), browser.cookies["milanio"]
    await browser.log_in()
    assert await session_of(browser) != first
    assert ended == [(user.id, first, None)]
    async with Client(browser.url) as client:
        assert (await client.get("/api/users/profile", headers={"Cookie": f"milanio={cookie}"})).status == 401
    assert len((await browser.get("/api/auth/sessions")).body["sessions"]) == 1


async def test_a_cookie_from_before_the_log_in_is_nobodys_after_it(server: Server, browser: Browser) -> None:
    await add_user(server)
    room = (await browser.post("/api/rooms/create", {})).body
    await browser.post("/api/rooms/join", {"code": room["code"], "name": "Eve"})
    before = browser.cookies["milanio"]
    await browser.log_in()
    assert browser.cookies["milanio"] != before
    async with Client(browser.url) as client:
        assert (await client.get("/api/users/profile", headers={"Cookie": f"milanio={before}"})).status == 401


async def test_refresh_tokens_rotate_and_a_copied_one_ends_the_log_in(
    server: Server, browser: Browser, client: Client, ended: Ended
) -> None:
    user = await add_user(server)
    first = (await browser.log_in()).body
    session = await session_of(browser)
    answer = await client.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})
    second = answer.body
    assert (answer.status, second["token_type"]) == (200, "Bearer")
    assert second["refresh_token"] != first["refresh_token"]
    for token in (first["access_token"], second["access_token"]):
        assert (await client.get("/api/users/profile", headers=bearer(token))).status == 200
    assert await browser.profile() == 200

    answer = await client.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert (answer.status, answer.code) == (401, "bad_refresh_token")
    assert ended == [(user.id, session, None)]
    answer = await client.post("/api/auth/refresh", {"refresh_token": second["refresh_token"]})
    assert answer.status == 401
    assert (await client.get("/api/users/profile", headers=bearer(second["access_token"]))).status == 401
    assert await browser.profile() == 401


async def test_who_is_logged_in_where(server: Server, browser: Browser, client: Client, ended: Ended) -> None:
    user, stranger = await add_user(server), await add_user(server, "eve@example.org")
    tokens = [(await client.log_in()).body["access_token"] for _ in range(2)]
    await browser.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, headers={"User-Agent": "Firefox"})
    found = (await browser.get("/api/auth/sessions")).body["sessions"]
    assert [each["current"] for each in found] == [True, False, False]
    assert (found[0]["user_agent"], found[0]["address"]) == ("Firefox", "127.0.0.1")

    async with Browser(browser.url) as eve:
        await eve.log_in(stranger.email)
        answer = await eve.delete(f"/api/auth/sessions/{found[1]['id']}")
        assert (answer.status, answer.code) == (404, "not_found")
    assert ended == []

    assert (await browser.delete(f"/api/auth/sessions/{found[1]['id']}")).status == 204
    assert ended == [(user.id, found[1]["id"], None)]
    assert sorted([await _status(client, token) for token in tokens]) == [200, 401]
    assert (await browser.delete("/api/auth/sessions")).status == 204
    assert ended[1:] == [(user.id, None, found[0]["id"])]
    assert [await _status(client, token) for token in tokens] == [401, 401]
    assert (await browser.delete(f"/api/auth/sessions/{found[0]['id']}")).status == 204
    assert set(browser.cookies) == {"milanio-device"}
    assert await browser.profile() == 401


async def _status(client: Client, token: str) -> int:
    return (await client.get("/api/users/profile", headers=bearer(token))).status


async def test_a_session_by_any_other_name_is_not_found(server: Server, browser: Browser) -> None:
    await add_user(server)
    await browser.log_in()
    for session in ("x", "%00", "%ED%A0%80", "a" * 65, "..%2F..", "%20", "'--"):
        assert (await browser.delete(f"/api/auth/sessions/{session}")).status == 404


async def test_a_disabled_account_is_out_at_once_and_told_nothing(server: Server, browser: Browser) -> None:
    user = await add_user(server)
    token = (await browser.log_in()).body["access_token"]
    await services_of(server).store.users.disable(user.id, 1.0)
    assert await browser.profile() == 401
    assert await _status(browser, token) == 401
    right, unknown = await browser.log_in(), await browser.log_in("nobody@example.org")
    assert (right.status, right.body) == (unknown.status, unknown.body)
    assert right.code == "bad_credentials"


async def test_a_failed_log_in_is_one_answer_whatever_is_wrong(start: Start) -> None:
    server = await start(rate_limits=False)
    await add_user(server)
    refused = {"error": {"code": "bad_credentials", "message": "Wrong email or password.", "fields": {}}}
    async with Client(url_of(server)) as client:
        for email in (EMAIL, "nobody@example.org", "no address", "", "a@b\r\nBcc: c@d", "x" * 1000):
            for password in ("wrong password", "", "x" * 73, "ü" * 37, "nul\0", "😀" * 256):
                answer = await client.log_in(email, password)
                assert (answer.status, answer.body) == (401, refused), (email, password)
                assert "Set-Cookie" not in answer.headers


async def test_an_unknown_user_takes_as_long_as_a_wrong_password(start: Start) -> None:
    server = await start(password_cost=9, rate_limits=False)
    await add_user(server)

    times: dict[str, list[float]] = {EMAIL: [], "nobody@example.org": []}
    async with Client(url_of(server)) as client:
        # In turns, and the fastest counts: other work on this machine only ever adds, so more turns only help.
        for turn in range(40):
            for email, taken in times.items():
                began = time.perf_counter()
                assert (await client.log_in(email, "wrong password")).status == 401
                taken.append(time.perf_counter() - began)
            known, unknown = (min(taken) for taken in times.values())
            if turn >= 7 and unknown > known / 2:
                break
    assert unknown > known / 2


async def test_what_is_hashed_tells_nobody_apart(
    start: Start, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start(**mail_settings(smtp))
    await add_user(server)
    await add_user(server, "fresh@example.org", verified=False)
    passwords, runs = services_of(server).passwords, [0]
    plain = passwords._run

    async def counted(work: Any, source: Any) -> Any:
        runs[0] += 1
        return await plain(work, source)

    monkeypatch.setattr(passwords, "_run", counted)
    async with Client(url_of(server)) as client:
        for email in (EMAIL, "fresh@example.org", "nobody@example.org"):
            runs[0] = 0
            await client.log_in(email, "wrong password")
            await client.register(email)
            await client.post("/api/auth/forgot", {"email": email})
            assert runs[0] == 2, email


async def test_guessing_a_password_is_slowed_down_for_each_account(server: Server, client: Client) -> None:
    await add_user(server)
    await add_user(server, "ben@example.org")
    for _ in range(10):
        assert (await client.log_in(password="wrong password")).status == 401
    for email, password in ((EMAIL, "wrong password"), (EMAIL, PASSWORD), (" ADA@example.ORG", PASSWORD)):
        answer = await client.log_in(email, password)
        assert (answer.status, answer.code) == (429, "too_many")
        assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert (await client.log_in("ben@example.org")).status == 200


async def test_a_log_in_that_succeeds_clears_the_tries(server: Server, client: Client) -> None:
    await add_user(server)
    for _ in range(3):
        for _ in range(9):
            assert (await client.log_in(password="wrong password")).status == 401
        assert (await client.log_in()).status == 200


async def test_guessing_is_slowed_down_for_each_address(start: Start) -> None:
    server = await start(trusted_proxies=("127.0.0.1",))
    async with Client(url_of(server)) as client:

        async def attempt(n: int, address: str) -> int:
            body = {"email": f"{n}@example.org", "password": "wrong password"}
            return (await client.post("/api/auth/login", body, headers={"X-Forwarded-For": address})).status

        assert [await attempt(n, "192.0.2.1") for n in range(61)] == [401] * 60 + [429]
        assert await attempt(0, "192.0.2.2") == 401


async def test_an_address_that_a_stranger_claims_counts_for_nothing(server: Server, client: Client) -> None:
    body = {"email": "x", "password": "wrong password"}
    answers = [
        await client.post(
            "/api/auth/login", {**body, "email": f"{n}@example.org"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}
        )
        for n in range(61)
    ]
    assert answers[-1].status == 429


async def test_many_mails_are_asked_for_by_nobody(start: Start, smtp: SmtpServer) -> None:
    server = await start(**mail_settings(smtp))
    async with Client(url_of(server)) as client:
        for email in (EMAIL, "nobody@example.org"):
            statuses = [(await client.post("/api/auth/forgot", {"email": email})).status for _ in range(4)]
            assert statuses == [202, 202, 202, 429]
        # Registering mails somebody too.
        assert [(await client.register("new@example.org")).status for _ in range(4)] == [201, 201, 201, 429]


async def test_more_password_checks_than_can_wait_are_told_to_come_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start(rate_limits=False)
    await add_user(server)
    async with Client(url_of(server)) as client:
        monkeypatch.setattr(services_of(server).passwords, "_free", 0)
        monkeypatch.setattr(services_of(server).passwords, "_waiting", FairQueue(0, 0))
        answer = await client.log_in()
        assert (answer.status, answer.code) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0


async def test_a_hash_of_another_cost_is_renewed_and_nothing_ends(start: Start) -> None:
    server = await start(password_cost=5)
    user = await add_user(server)
    async with Client(url_of(server)) as client:
        token = (await client.log_in()).body["access_token"]
        assert await _status(client, token) == 200
    await server.stop()
    server = await start(password_cost=4)
    users = services_of(server).store.users
    async with Client(url_of(server)) as client:
        assert (await client.log_in(password="wrong password")).status == 401
        assert ((await users.by_id(user.id)) or user).password_hash.startswith("$2b$05$")
        assert (await client.log_in()).status == 200
        assert ((await users.by_id(user.id)) or user).password_hash.startswith("$2b$04$")
        assert (await client.log_in()).status == 200
        assert await _status(client, token) == 200


async def test_a_password_that_changes_while_somebody_logs_in_with_the_old_one_lets_nobody_in(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await add_user(server)
    services = services_of(server)
    verify = services.passwords.verify

    async def slow(password: str, hashed: str | None, source: Source) -> bool:
        right = await verify(password, hashed, source)
        await services.store.users.set_password(user.id, "another", 1.0)
        return right

    monkeypatch.setattr(services.passwords, "verify", slow)
    assert (await client.log_in()).code == "bad_credentials"
    assert await services.store.tokens.list(user.id, 2.0) == []


async def test_what_a_client_calls_itself_may_be_anything(server: Server, client: Client) -> None:
    await add_user(server)
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    for name in (b"\xff\xfe", "Zoë 🦊".encode(), b"x" * 5000):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n" % len(body)
        writer.write(head + b"User-Agent: " + name + b"\r\nCookie: milanio=\xff\xfe; __Host-milanio=\xe9\r\n")
        writer.write(b"Sec-Fetch-Site: same-origin\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 200 "), answer


# Access tokens


def _segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed_by_hand(algorithm: str, claims: dict[str, Any], key: bytes) -> str:
    """For what the library refuses to sign."""
    text = f"{_segment({'alg': algorithm, 'typ': 'JWT'})}.{_segment(claims)}"
    return f"{text}.{_segment(hmac.digest(key, text.encode(), algorithm.replace('HS', 'sha')))}"


async def _forged(server: Server, answer: Answer) -> dict[str, str]:
    """Tokens that aren't ours, or not any more, each by what is wrong with it."""
    services = services_of(server)
    key: bytes = services.access_tokens._key
    good = answer.body["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head, body, signature = good.split(".")

    def signed(changes: dict[str, Any] | None = None, *, without: str = "", **options: Any) -> str:
        content = {name: value for name, value in {**claims, **(changes or {})}.items() if name != without}
        return jwt.encode(content, options.pop("key", key), options.pop("algorithm", "HS256"), **options)

    now = services.clock()
    return {
        "none": f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "None with our signature": f"{_segment({'alg': 'None', 'typ': 'JWT'})}.{body}.{signature}",
        "RS256": signed(key=private, algorithm="RS256"),
        "HS256 by a public key": _signed_by_hand("HS256", claims, public),
        "HS512": _signed_by_hand("HS512", claims, key),
        "another key": signed(key=b"x" * 32),
        "expired": services.access_tokens.sign(claims["sub"], claims["session"], now - LIFETIME - 1),
        "wrong audience": signed({"aud": "milanio:join"}),
        "several audiences": signed({"aud": ["milanio:api", "x"]}),
        "wrong issuer": signed({"iss": "eve"}),
        "missing exp": signed(without="exp"),
        "missing session": signed(without="session"),
        "endless": signed({"exp": "never"}),
        "kid": signed(headers={"kid": "../../../../dev/null"}),
        "kid with SQL": signed(headers={"kid": "x' UNION SELECT 'k'--"}),
        "jku": signed(headers={"jku": "https://evil.example/keys"}),
        "crit": signed(headers={"crit": ["exp"]}),
        "changed": f"{head}.{_segment({**claims, 'sub': 'admin'})}.{signature}",
        "of a session that isn't hers": signed({"session": "0" * 32}),
        "of somebody else": signed({"sub": "0" * 32}),
        "cut": good[:-1],
        "no signature": f"{head}.{body}.",
        "nothing": "",
        "junk": "a.b.c",
        "long": "x" * 8000,
    }


async def test_access_tokens_that_are_not_ours(server: Server, browser: Browser, client: Client) -> None:
    await add_user(server)
    answer = await browser.log_in()
    assert await _status(client, answer.body["access_token"]) == 200
    for what, token in (await _forged(server, answer)).items():
        refused = await client.get("/api/users/profile", headers=bearer(token))
        assert (refused.status, refused.code) == (401, "not_signed_in"), what
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        # Nor does a good cookie make up for it, and what anyone may do is not done as nobody.
        assert (await browser.get("/api/users/profile", headers=bearer(token))).status == 401, what
        assert (await client.post("/api/rooms/create", {}, headers=bearer(token))).status == 401, what
    assert (await client.get("/api/users/profile", headers={"Authorization": "Basic eDp4"})).status == 401
    assert (await browser.get("/api/users/profile", headers={"Authorization": "Basic eDp4"})).status == 200
