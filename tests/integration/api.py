"""People who use the HTTP API in a test."""

from types import TracebackType
from typing import Any, Self

import aiohttp

PASSWORD = "correct horse 42"


class Api:
    """A person with a client of their own; `sign_in` signs them in by access token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.access_token: str | None = None
        self.user: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request; returns the answer's status and JSON (None: there is none)."""
        if self.access_token is not None:
            headers.setdefault("Authorization", f"Bearer {self.access_token}")
        async with self._session.request(
            method, f"{self.url}{path}", json=body, headers={**self.headers, **headers}
        ) as response:
            return response.status, await response.json() if response.content_type == "application/json" else None

    async def good(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer that must be a success."""
        status, answer = await self.call(method, path, body, **headers)
        assert status < 300, (status, answer)
        return answer

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Status and error code of an answer that must be a refusal."""
        status, answer = await self.call(method, path, body, **headers)
        assert 400 <= status < 500, (status, answer)
        assert set(answer["error"]) == {"code", "message", "fields"}
        return status, answer["error"]["code"]

    async def register(self, name: str, email: str | None = None) -> Self:
        """Make an account and log in, on a server that doesn't verify addresses."""
        email = email or f"{name.lower()}@example.org"
        await self.good("POST", "/api/auth/register", {"email": email, "name": name, "password": PASSWORD})
        return await self.sign_in(email)

    async def sign_in(self, email: str, password: str = PASSWORD) -> Self:
        """Log in."""
        answer = await self.good("POST", "/api/auth/login", {"email": email, "password": password})
        self.access_token, self.user = answer["access_token"], answer["user"]
        return self
