"""The link that makes the first administrator, printed when the server starts.

Registering first makes nobody an administrator: the link has to be read from the server's output.
"""

import hmac
import secrets

from storage.store import Store


class FirstAdministrator:
    """Offers the link while nobody is an administrator. A new one is made at each start, and each works once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.token: str | None = None
        """None: there is nothing to claim."""

    async def prepare(self) -> None:
        """Make a link if nobody is an administrator. Raises `StorageUnavailableError`."""
        if not await self._store.users.has_administrator():
            self.token = secrets.token_urlsafe(32)

    async def claim(self, token: str, user_id: str, now: float) -> bool:
        """Make someone the administrator who has the link. False: it is wrong, was used, or there is one by now.

        Raises `StorageUnavailableError`.
        """
        expected = self.token
        if expected is None or not hmac.compare_digest(expected.encode(), token.encode(errors="replace")):
            return False
        self.token = None  # before anything is awaited: only one request gets here
        try:
            return await self._store.users.become_first_administrator(user_id, now)
        except BaseException:
            self.token = expected
            raise

    def line(self, url: str) -> str | None:
        """Say where to become one; `url`: of the server."""
        if self.token is None:
            return None
        return f"there is no administrator yet: log in and open {url}/admin#token={self.token} to become one"
