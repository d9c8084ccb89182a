"""The HTTP API as a program uses it."""

import json
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import aiohttp

from signaling import load_test_header
from signaling.client.errors import ClientError

_SECONDS = 10.0
_JOIN = "/api/rooms/join"
_TEMPORARY = frozenset((404, 408, 425, 429))
"""Statuses under 500 that a proxy may answer temporarily, such as while the server behind it restarts."""
_MAX_TEXT = 200
"""Characters of a refusal's own text that are passed on."""


async def post(
    session: aiohttp.ClientSession, url: str, path: str, body: dict[str, Any], access_token: str | None = None
) -> dict[str, Any]:
    """The JSON that the API answers. Raises `ClientError`."""
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    try:
        async with session.post(urljoin(url + "/", path.lstrip("/")), json=body, headers=headers) as response:
            text, status = await response.text(errors="replace"), response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise unreachable(url, error) from None
    answer = _json(text)
    problem = answer.get("error")
    if status >= 400 and isinstance(problem, dict):
        raise ClientError(str(problem.get("code")), _sentence(problem), temporary=status == 429 or status >= 500)
    if status >= 400:
        raise refused(url, status, text)
    if not answer:
        raise ClientError("unreachable", f"{url} isn't a Milanio server.")
    return answer


def _json(text: str) -> dict[str, Any]:
    """Parse a JSON object; empty if the text isn't one."""
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def refused(url: str, status: int, text: str = "") -> ClientError:
    """The error for an answer with that HTTP status, with what the server said if that is short and plain."""
    problem = _json(text).get("error")
    said = _sentence(problem) if isinstance(problem, dict) else text.strip()
    try:
        answer = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        answer = str(status)
    readable = said.isprintable() and 0 < len(said) <= _MAX_TEXT and not said.startswith("<")
    temporary = status in _TEMPORARY or status >= 500
    return ClientError("refused", f"{url} answered {answer}{f': {said}' if readable else '.'}", temporary=temporary)


async def websocket_refused(session: aiohttp.ClientSession, url: str, status: int) -> ClientError:
    """The error for a WebSocket handshake that was answered with that status.

    aiohttp drops the text of such an answer, so this asks for it again, without a handshake.
    """
    text = ""
    try:
        async with session.get(url) as response:
            if response.status == status:
                text = await response.text(errors="replace")
    except (aiohttp.ClientError, OSError, TimeoutError):
        pass  # the status has to be enough
    return refused(url, status, text)


async def join_ticket(
    session: aiohttp.ClientSession, url: str, body: dict[str, Any], known: dict[str, Any], access_token: str | None
) -> dict[str, Any]:
    """A token for a room. Raises `ClientError`. `known`: what servers of the first release don't take."""
    try:
        return await post(session, url, _JOIN, {**body, **known}, access_token)
    except ClientError as error:
        if error.code != "invalid" or not any(f"{name}:" in str(error) for name in known):
            raise
        return await post(session, url, _JOIN, body, access_token)


def _sentence(problem: dict[str, Any]) -> str:
    fields = problem.get("fields") or {}
    return " ".join((str(problem.get("message")), *(f"{name}: {reason}." for name, reason in fields.items())))


def unreachable(url: str, error: Exception) -> ClientError:
    """What a failed connection means, in a sentence."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    errno = getattr(cause, "errno", None)
    reason = os.strerror(errno) if errno is not None and errno > 0 else str(cause) or "no reply in time"
    return ClientError("unreachable", f"{url} can't be reached: {reason}.")


def load_test_headers(token: str | None) -> dict[str, str]:
    """Headers of every request of a client with a token of `milanio loadtest-token`."""
    return {} if token is None else {load_test_header.NAME: token}


async def create_room(
    url: str, title: str = "", access_token: str | None = None, *, load_test_token: str | None = None, **settings: Any
) -> str:
    """Create a room, with settings as in the API. Returns its code. Raises `ClientError`.

    `access_token`: of an account, or an API key with the scope `rooms`, to whose owner the room then belongs.
    """
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers=load_test_headers(load_test_token)) as session:
        room = await post(session, url, "/api/rooms/create", {"title": title, **settings}, access_token)
        return str(room["code"])
