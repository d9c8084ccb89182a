"""People with browsers and programs, as a server meets them."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Self

import aiohttp
from multidict import CIMultiDictProxy

from storage.records import User
from tests.integration import smtp_server
from web.app import Server
from web.services import Services

PASSWORD = "correct horse battery"
EMAIL = "ada@example.org"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: Any
    """What JSON said; bytes where it was none."""

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.body["error"]["code"])

    @property
    def fields(self) -> dict[str, str]:
        found: dict[str, str] = self.body["error"]["fields"]
        return found


class Client:
    """A program: keeps no cookies, sends no origin."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.headers = headers
        self.http = aiohttp.ClientSession(cookie_jar=self._jar())

    def _jar(self) -> aiohttp.abc.AbstractCookieJar:
        return aiohttp.DummyCookieJar()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def ask(
        self, method: str, path: str, json: Any = None, *, data: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {**self.headers, **(headers or {})}
        async with self.http.request(
            method, self.url + path, json=json, data=data, headers=sent, allow_redirects=False
        ) as response:
            body = await (response.json() if response.content_type == "application/json" else response.read())
            return Answer(response.status, response.headers, body)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("POST", path, json, **options)

    async def put(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("PUT", path, json, **options)

    async def delete(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("DELETE", path, json, **options)

    async def register(self, email: str = EMAIL, name: str = "Ada", password: str = PASSWORD) -> Answer:
        return await self.post("/api/auth/register", {"email": email, "name": name, "password": password})

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> Answer:
        return await self.post("/api/auth/login", {"email": email, "password": password})

    async def confirm(self, token: str, password: str = PASSWORD) -> Answer:
        """Open the link of a registration."""
        return await self.post("/api/auth/verify", {"token": token, "password": password})

    async def profile(self) -> int:
        """The status of asking who I am: 200 or 401."""
        return (await self.get("/api/users/profile")).status


class Browser(Client):
    """A browser: keeps cookies, says where its requests come from."""

    def __init__(self, url: str, **headers: str) -> None:
        super().__init__(url, **{"Origin": url, **headers})

    def _jar(self) -> aiohttp.abc.AbstractCookieJar:
        return aiohttp.CookieJar(unsafe=True)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def services_of(server: Server) -> Services:
    assert server.services is not None
    return server.services


async def add_user(server: Server, email: str = EMAIL, password: str = PASSWORD, verified: bool = True) -> User:
    """A person who has registered before."""
    services = services_of(server)
    users = services.store.users
    user = await users.create(email, "Ada", await services.passwords.hash(password), 1.0)
    if verified:
        await users.verify(user.id, 1.0)
    return await users.by_id(user.id) or user


def token_in(message: EmailMessage, path: str) -> str:
    """The token of the link in a mail, to that page."""
    part = message.get_body(("plain",))
    assert part is not None
    found = re.search(rf"^http://meet\.example{path}#token=(\S+)\s*$", part.get_content(), re.MULTILINE)
    assert found, part.get_content()
    return found[1]


def mails_to(handler: smtp_server.Handler, address: str) -> list[EmailMessage]:
    return [message for _, recipients, message in handler.arrived if recipients == [address]]
