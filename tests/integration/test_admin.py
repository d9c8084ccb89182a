"""Administrators and programs with keys: who they are, what they may do, what they see."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from signaling.client import Client, Pattern
from tests import times
from tests.integration.api import Api
from tests.integration.running import CHEAP
from web import api
from web.api.endpoint import Access
from web.api.scopes import SCOPES
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio

SECRET = "kanarienvogel-" * 4


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = Settings(
        host="127.0.0.1", port=0, media_port=0, data=tmp_path, metrics_token=SecretStr(SECRET), rate_limits=False
    )
    running = Server(settings, password_cost=CHEAP)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest_asyncio.fixture
async def ada(server: Server) -> AsyncIterator[Api]:
    """An administrator."""
    async with Api(url(server)) as person:
        await person.register("Ada")
        assert server.services is not None
        await server.services.store.users.set_administrator(person.user["id"], time.time())
        yield person


@pytest_asyncio.fixture
async def ben(server: Server) -> AsyncIterator[Api]:
    async with Api(url(server)) as person:
        yield await person.register("Ben")


async def key(server: Server, *scopes: str) -> dict[str, str]:
    assert server.services is not None
    token = await server.services.store.api_keys.create("-".join(scopes), scopes, time.time())
    return {"Authorization": f"Bearer {token}"}


ENDPOINTS = [endpoint for group in api.ALL for endpoint in group.all if endpoint.access is Access.ADMIN]


async def test_every_endpoint_is_for_administrators_and_keys_of_its_scope_only(server: Server, ben: Api) -> None:
    assert len(ENDPOINTS) >= 12
    keys = {scope: await key(server, scope) for scope in SCOPES}
    async with Api(url(server)) as stranger:
        for endpoint in ENDPOINTS:
            path = endpoint.path.replace("{id}", "nobody")
            assert await stranger.refused(endpoint.method, path) == (401, "not_signed_in")
            assert await ben.refused(endpoint.method, path) == (403, "not_administrator")
            wrong = {"Authorization": "Bearer milanio_wrong"}
            assert await stranger.refused(endpoint.method, path, **wrong) == (401, "not_signed_in")
            for scope, headers in keys.items():
                status, answer = await stranger.call(endpoint.method, path, **headers)
                if scope != endpoint.scope:
                    assert (status, answer["error"]["code"]) == (403, "wrong_scope"), (path, scope)
                else:
                    assert status in (200, 204, 404), (path, scope)


async def test_a_key_is_no_person(server: Server) -> None:
    headers = await key(server, *SCOPES)
    async with Api(url(server)) as program:
        assert await program.refused("GET", "/api/users/profile", **headers) == (401, "not_signed_in")
        assert await program.refused("POST", "/api/admin/claim", {"token": "x"}, **headers) == (401, "not_signed_in")
        assert server.services is not None
        (stored,) = await server.services.store.api_keys.list()
        assert stored.last_used_at is None
        await program.good("GET", "/api/admin/health", **headers)
        (stored,) = await server.services.store.api_keys.list()
        assert stored.last_used_at is not None
        await server.services.store.api_keys.revoke(stored.name)
        assert await program.refused("GET", "/api/admin/health", **headers) == (401, "not_signed_in")


async def test_the_link_makes_the_first_administrator_once(server: Server, ben: Api) -> None:
    assert server.services is not None
    invitation = server.services.first_administrator
    line = invitation.line("https://meet.example")
    assert line is not None
    token = line.partition("#token=")[2].split()[0]
    assert await ben.refused("POST", "/api/admin/claim", {"token": "wrong"}) == (403, "claim_refused")
    assert (await ben.good("GET", "/api/users/profile"))["administrator"] is False
    answers = await asyncio.gather(*(ben.call("POST", "/api/admin/claim", {"token": token}) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 403, 403, 403, 403]
    assert (await ben.good("GET", "/api/users/profile"))["administrator"] is True
    assert invitation.line("https://meet.example") is None
    assert (await ben.good("GET", "/api/admin/users"))["count"] == 1


async def test_accounts(server: Server, ada: Api, ben: Api) -> None:
    found = await ada.good("GET", "/api/admin/users")
    assert [(each["name"], each["administrator"]) for each in found["users"]] == [("Ben", False), ("Ada", True)]
    assert (await ada.good("GET", "/api/admin/users?text=ben@"))["count"] == 1
    assert "password" not in str(found)
    own, other = ada.user["id"], ben.user["id"]
    for method, path in (("POST", "/disable"), ("DELETE", ""), ("PUT", "/administrator")):
        body = {"administrator": False} if method == "PUT" else None
        assert await ada.refused(method, f"/api/admin/users/{own}{path}", body) == (403, "own_account")
    program = await key(server, "users.write")
    async with Api(url(server)) as stranger:
        assert await stranger.refused("DELETE", f"/api/admin/users/{own}", **program) == (403, "not_allowed")
        assert (
            await stranger.refused("PUT", f"/api/admin/users/{other}/administrator", {"administrator": True}, **program)
        )[0] == 403
        await stranger.good("POST", f"/api/admin/users/{other}/disable", **program)
    assert await ben.refused("GET", "/api/users/profile") == (401, "not_signed_in")
    await ada.good("POST", f"/api/admin/users/{other}/enable")
    await ben.sign_in("ben@example.org")
    await ada.good("PUT", f"/api/admin/users/{other}/administrator", {"administrator": True})
    await ben.good("GET", "/api/admin/health")
    await ada.good("PUT", f"/api/admin/users/{other}/administrator", {"administrator": False})
    assert await ben.refused("GET", "/api/admin/health") == (403, "not_administrator")
    await ada.good("DELETE", f"/api/admin/users/{other}")
    assert await ada.refused("DELETE", f"/api/admin/users/{other}") == (404, "not_found")


async def test_rooms_with_who_is_in_them_and_what_they_send(server: Server, ada: Api) -> None:
    room = await ada.good("POST", "/api/rooms/create", {"title": "Monday"})
    assert (await ada.good("GET", "/api/admin/rooms"))["rooms"] == []
    async with Client(url(server), room=room["code"], name="Bot") as bot:
        await bot.publish(Pattern(width=320, height=180, fps=15))
        async with asyncio.timeout(times.seconds(20)):
            while True:
                found = await ada.good("GET", f"/api/admin/rooms/{room['id']}")
                (person,) = found["participants"]
                if person["connection"] == "connected" and (person["received"] or 0) > 0:
                    break
        assert (person["name"], person["quality"], person["guest"]) == ("Bot", "good", True)
        assert "camera" in person["publishes"]
        (listed,) = (await ada.good("GET", "/api/admin/rooms"))["rooms"]
        assert (listed["title"], listed["people"], listed["poor"]) == ("Monday", 1, 0)
        health = await ada.good("GET", "/api/admin/health")
        assert (health["rooms"], health["people"], health["media_connections"], health["accounts"]) == (1, 1, 1, 1)
        await ada.good("POST", f"/api/admin/rooms/{room['id']}/end")
        async with asyncio.timeout(times.seconds(10)):
            async for _ in bot.events():
                pass  # they end as the call does
    assert (await ada.good("GET", f"/api/rooms/{room['id']}"))["state"] in ("waiting", "created")
    await ada.good("DELETE", f"/api/admin/rooms/{room['id']}")
    assert await ada.refused("GET", f"/api/rooms/{room['id']}") == (404, "not_found")
    assert await ada.refused("POST", f"/api/admin/rooms/{room['id']}/end") == (404, "not_found")


async def test_settings_without_secrets(ada: Api) -> None:
    answer = await ada.good("GET", "/api/admin/settings")
    by_name = {each["name"]: each for each in answer["settings"]}
    assert set(by_name) == set(Settings.model_fields)
    assert SECRET not in str(answer)
    assert (by_name["metrics_token"]["value"], by_name["metrics_token"]["changed"]) == ("set", True)
    assert (by_name["log_level"]["value"], by_name["log_level"]["changed"]) == ("info", False)
    assert by_name["secret"]["value"].startswith("generated")


async def test_findings_and_problems(ada: Api) -> None:
    first, second = await asyncio.gather(ada.good("GET", "/api/admin/findings"), ada.good("GET", "/api/admin/findings"))
    assert first == second
    assert {each["check"] for each in first["findings"]} >= {"tcp", "udp", "database", "disk", "kernel"}
    logging.getLogger("web.tests").warning("the disk is %s", "nearly full")
    logging.getLogger("web.mail.senders").warning("mail with a link: https://meet.example/reset#token=secret")
    logging.getLogger("web.tests").info("nothing")
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("web.tests").exception("it failed")
    latest = (await ada.good("GET", "/api/admin/problems"))["problems"]
    own = [(each["level"], each["text"]) for each in latest if each["source"] == "web.tests"]
    assert own == [("error", "it failed (ValueError)"), ("warning", "the disk is nearly full")]
    assert "secret" not in str(latest)
