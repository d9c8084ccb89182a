"""The HTTP API as a program uses it."""

import os
from typing import Any
from urllib.parse import urljoin

import aiohttp

from signaling.client_errors import ClientError

_SECONDS = 10.0
_JOIN = "/api/rooms/join"


async def post(
    session: aiohttp.ClientSession, url: str, path: str, body: dict[str, Any], access_token: str | None = None
) -> dict[str, Any]:
    """The JSON that the API answers. Raises `ClientError`."""
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    try:
        async with session.post(urljoin(url + "/", path.lstrip("/")), json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
            status = response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise unreachable(url, error) from None
    except ValueError:
        raise ClientError("unreachable", f"{url} is no Milanio server.") from None
    if not isinstance(answer, dict):
        raise ClientError("unreachable", f"{url} is no Milanio server.")
    if status >= 400:
        problem = answer.get("error")
        if not isinstance(problem, dict):
            raise ClientError("unreachable", f"{url} is no Milanio server.")
        raise ClientError(str(problem.get("code")), _sentence(problem), temporary=status == 429 or status >= 500)
    return answer


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


async def create_room(url: str, title: str = "", access_token: str | None = None, **settings: Any) -> str:
    """Make a room, with settings as the API takes them; its code. Raises `ClientError`."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        room = await post(session, url, "/api/rooms/create", {"title": title, **settings}, access_token)
        return str(room["code"])
