"""Comes to the server as a browser does, and tells what was there."""

import asyncio
import email.utils
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from pydantic_core import from_json

SECONDS = 5.0
"""How long an answer may take."""

_MAX_BYTES = 65_536
"""Of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What came back. `version`: that of Milanio; None: nobody answered, or somebody else did."""

    version: str | None = None
    status: int | None = None
    """The HTTP status; None: there was no answer."""
    ahead: float | None = None
    """Seconds by which this machine's clock is ahead of the server's; HTTP rounds to seconds (RFC 9110, section
    6.6.1). None: it didn't say."""
    error: str = ""
    """Why there was no answer."""
    distrusted: bool = False
    """Whether it was because of the certificate."""


NOBODY = Visit(error="nobody was asked")


def trust() -> ssl.SSLContext:
    """Trust whom this machine trusts."""
    return ssl.create_default_context()


async def visit(url: str, now: Callable[[], float], context: ssl.SSLContext | bool) -> Visit:
    """Ask for a URL. `context` says whose certificates are trusted; False: anybody's. `now`: seconds since 1970."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.get(url, ssl=context, allow_redirects=False) as response,
        ):
            ahead = _ahead(response.headers.get("Date"), now())
            return Visit(_version(await response.content.read(_MAX_BYTES)), response.status, ahead)
    except aiohttp.ClientConnectorCertificateError as error:
        return Visit(error=_why(error.certificate_error), distrusted=True)
    except aiohttp.ClientConnectorError as error:
        return Visit(error=error.strerror or str(error.os_error))
    except TimeoutError:
        return Visit(error="no answer in time")
    except (aiohttp.ClientError, ValueError, OSError) as error:
        return Visit(error=str(error) or type(error).__name__)


def _ahead(date: str | None, now: float) -> float | None:
    try:
        return None if date is None else now - email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def _version(content: bytes) -> str | None:
    """The version of Milanio whose `/api/config` this is."""
    try:
        found = from_json(content)
    except ValueError:
        return None
    if not isinstance(found, dict) or not {"registration", "guest_rooms", "version"} <= found.keys():
        return None
    return str(found["version"])


def _why(error: Exception) -> str:
    return getattr(error, "verify_message", "") or str(error)


async def served_until(host: str, port: int, context: ssl.SSLContext) -> float:
    """Return when the certificate that is shown there ends, in seconds since 1970. Raises `OSError`, of which
    `ssl.SSLCertVerificationError` says that browsers don't accept it.
    """
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    except TimeoutError:
        raise OSError("no answer in time") from None
    found = writer.get_extra_info("peercert")
    writer.close()
    return float(ssl.cert_time_to_seconds(found["notAfter"]))
