"""What pages of other sites can make a visitor's browser do: nothing, unless the operator allows them."""

import re
from typing import Any

import pytest

from tests.integration.accounts.conftest import Start
from tests.integration.accounts.people import EMAIL, PASSWORD, Browser, Client, add_user, bearer, services_of, url_of
from web import api
from web.security.csrf import SAFE_METHODS

pytestmark = pytest.mark.asyncio

CHANGING = [endpoint for group in api.ALL for endpoint in group.all if endpoint.method not in SAFE_METHODS]
EVIL = "https://evil.example"


def path_of(path: str) -> str:
    return re.sub(r"{\w+}", "x", path)


async def test_no_change_is_made_for_another_site(start: Start) -> None:
    assert {"/api/auth/register", "/api/auth/login", "/api/users/profile"} <= {each.path for each in CHANGING}
    server = await start(rate_limits=False)
    user = await add_user(server)
    async with Browser(url_of(server)) as browser:
        token = (await browser.log_in()).body["access_token"]
        cookie = {"Cookie": f"milanio={browser.cookies['milanio']}"}
    foreign: list[dict[str, str]] = [
        {**cookie, "Origin": EVIL},
        {**cookie, "Origin": "null"},
        {**cookie, "Origin": url_of(server), "Sec-Fetch-Site": "cross-site"},
        {**cookie, "Origin": url_of(server), "Sec-Fetch-Site": "same-site"},
        {"Origin": EVIL},
        {"Sec-Fetch-Site": "cross-site"},
        {**bearer(token), "Origin": EVIL},
    ]
    bodies: list[dict[str, Any]] = [
        {"json": {"email": EMAIL, "password": PASSWORD}},
        {"data": b'{"password": "%s"}' % PASSWORD.encode(), "headers": {"Content-Type": "text/plain"}},
    ]
    async with Client(url_of(server)) as client:
        for endpoint in CHANGING:
            for number, headers in enumerate(foreign):
                for body in bodies:
                    sent = {**headers, **body.get("headers", {})}
                    answer = await client.ask(
                        endpoint.method, path_of(endpoint.path), body.get("json"), data=body.get("data"), headers=sent
                    )
                    assert (answer.status, answer.code) == (403, "foreign_origin"), (endpoint.path, number)
                    assert "Set-Cookie" not in answer.headers
            if endpoint.method == "POST":
                # As a form in a browser from before 2020.
                form = {**cookie, "Content-Type": "text/plain"}
                answer = await client.ask("POST", path_of(endpoint.path), data=b"{}", headers=form)
                assert (answer.status, answer.code) == (403, "foreign_origin"), endpoint.path
        assert (await client.get("/api/users/profile", headers=cookie)).status == 200
    store = services_of(server).store
    assert await store.users.by_id(user.id) == user
    assert await store.users.count() == 1
    assert len(await store.tokens.list(user.id, services_of(server).clock())) == 1


async def test_a_program_may_use_the_cookie(start: Start) -> None:
    """HTTP libraries keep cookies, and say nothing of origins."""
    server = await start()
    await add_user(server)
    async with Browser(url_of(server)) as program:
        program.headers = {}
        await program.log_in()
        assert (await program.put("/api/users/profile", {"theme": "dark"})).body["theme"] == "dark"
        assert (await program.post("/api/rooms/create", {})).status == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "own"},
        {"Origin": "own", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        # The browser's word counts, as behind a proxy that tells nothing of itself.
        {"Origin": "https://meet.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_changes_are_made_for_this_site(start: Start, headers: dict[str, str]) -> None:
    server = await start()
    await add_user(server)
    headers = {name: url_of(server) if value == "own" else value for name, value in headers.items()}
    async with Browser(url_of(server)) as browser:
        await browser.log_in()
        browser.headers = headers
        assert (await browser.put("/api/users/profile", {"theme": "dark"})).body["theme"] == "dark"


async def test_another_site_that_the_operator_allows(start: Start) -> None:
    friend = "https://intranet.example"
    server = await start(allowed_origins=(friend,))
    await add_user(server)
    async with Browser(url_of(server), Origin=friend) as browser:
        answer = await browser.log_in()
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == friend
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        answer = await browser.put("/api/users/profile", {"theme": "dark"})
        assert answer.body["theme"] == "dark"
        answer = await browser.put("/api/users/profile", {"theme": "purple"})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (422, friend)
        asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
        answer = await browser.ask("OPTIONS", "/api/users/profile", headers=asked)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, friend)
        answer = await browser.ask("OPTIONS", "/api/users/profile", headers={**asked, "Origin": EVIL})
        assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (405, None)
        answer = await browser.get("/api/users/profile", headers={"Origin": EVIL})
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_by_default_no_other_site_may_read_anything(start: Start) -> None:
    server = await start()
    async with Client(url_of(server), Origin="https://intranet.example") as client:
        for path in ("/api/config", "/api/openapi.json", "/api/users/profile"):
            answer = await client.get(path)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
