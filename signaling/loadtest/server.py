"""The server under test: whether it is a Milanio, and rooms for the test."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from signaling import load_test_header
from signaling.client import ClientError
from signaling.client.http import load_test_headers, post, unreachable

SECONDS = 10.0
"""For a request."""
AT_ONCE = 8
"""Rooms that are made at a time."""
UNUSED_SECONDS = 600.0
"""After which a room of the test expires by itself, once nobody is in it."""
MAX_ANSWER = 64 << 10
"""Bytes of an answer that are read."""

_REDIRECTS = frozenset((301, 302, 303, 307, 308))

TITLE = "Load test"


class ServerError(Exception):
    """A server that can't be tested; `args[0]` is one line."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the test."""

    id: str
    code: str


class TestedServer:
    """The server at `url`. `token`: of `milanio loadtest-token`; `access_token`: of an account, to create rooms.

    An asynchronous context manager.
    """

    __test__ = False

    def __init__(self, url: str, token: str | None = None, access_token: str | None = None) -> None:
        """Raises `ServerError` for what is no address."""
        self.url = _normal(url)
        self.version = ""
        self._token, self._access_token = token, access_token
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            headers=load_test_headers(self._token),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def check(self) -> None:
        """Raises `ServerError` for what is no Milanio, is out of reach, or doesn't let us test it."""
        health, _ = await self._get("/api/health")
        config, headers = await self._get("/api/config")
        if health.get("status") != "ok" or not {"registration", "guest_rooms", "version"} <= config.keys():
            raise ServerError(f"{self.url} isn't a Milanio server; only one can be tested")
        self.version = str(config["version"])[:40]
        if self._token is not None and load_test_header.NAME not in headers:
            raise ServerError(
                f"{self.url} doesn't accept the token: it is expired, or another server's; "
                "milanio loadtest-token prints one where the server runs"
            )
        if config["guest_rooms"] is not True and self._access_token is None:
            raise ServerError(
                f"{self.url} lets only people with an account create rooms; give the access token of one with "
                "--access-token"
            )

    async def _get(self, path: str) -> tuple[dict[str, Any], Mapping[str, str]]:
        """An object of the API, and the answer's headers; empty where the answer is something else."""
        assert self._session is not None
        try:
            async with self._session.get(self._address(path), allow_redirects=False) as answer:
                if answer.status in _REDIRECTS:
                    # Requests that change something don't survive one.
                    raise ServerError(f"{self.url} leads elsewhere ({_shown(answer.headers)}); give that address")
                text = await answer.content.read(MAX_ANSWER)
                headers = answer.headers
                good = answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ServerError(str(unreachable(self.url, error)).rstrip(".")) from None
        try:
            found = json.loads(text) if good else {}
        except (ValueError, RecursionError):
            found = {}
        return (found if isinstance(found, dict) else {}), headers

    def _address(self, path: str) -> str:
        return urljoin(self.url + "/", path.lstrip("/"))

    async def create_rooms(self, count: int) -> list[Room]:
        """Rooms for a test. Raises `ServerError`."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def create() -> Room:
            async with turns:
                return await self._create()

        tasks = [asyncio.create_task(create()) for _ in range(count)]
        try:
            return list(await asyncio.gather(*tasks))
        except ClientError as error:
            hint = ""
            if error.code == "too_many":
                hint = "; a token of milanio loadtest-token lifts the server's limit of new rooms (--token)"
            said = str(error).rstrip(".")
            raise ServerError(f"{self.url} doesn't create the {count} rooms: {said}{hint}") from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _create(self) -> Room:
        assert self._session is not None
        body = {"title": TITLE, "ttl_seconds": UNUSED_SECONDS}
        answer = await post(self._session, self.url, "/api/rooms/create", body, self._access_token)
        return Room(str(answer.get("id")), str(answer.get("code")))

    async def end_rooms(self, rooms: list[Room]) -> int:
        """Delete the test's rooms, where the server lets us; how many are left to expire."""
        if self._access_token is None:
            return len(rooms)
        turns = asyncio.Semaphore(AT_ONCE)

        async def delete(room: Room) -> bool:
            assert self._session is not None
            headers = {"Authorization": f"Bearer {self._access_token}"}
            address = self._address(f"/api/rooms/{room.id}")
            try:
                async with turns, self._session.delete(address, headers=headers) as answer:
                    return answer.status == 204
            except (aiohttp.ClientError, OSError, TimeoutError):
                return False

        done = await asyncio.gather(*(delete(room) for room in rooms))
        return done.count(False)


def _shown(headers: Mapping[str, str]) -> str:
    """The server that a redirect leads to, as far as it can be shown."""
    parts = urlsplit(headers.get("Location", "").removesuffix("/api/health"))
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"[:200]
    return place if place.isprintable() else "?"


def _normal(url: str) -> str:
    """The address of a server. Raises `ServerError`."""
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not url.isprintable() or set(url) & set(" ?#@"):
        raise ServerError(f"{url[:80]!r} isn't the address of a server, only one such as http://localhost:8080")
    return url.strip().rstrip("/")
