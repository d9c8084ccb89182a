"""What a program can do in a room, apart from its media: chat, raise its hand, mute, moderate."""

import asyncio
import secrets
from abc import ABC, abstractmethod
from typing import Any

from signaling import messages
from signaling.client.errors import ClientError
from signaling.client.rejoin import is_temporary
from signaling.client.view import RoomView
from signaling.messages import Source, Welcome

RETRY_SECONDS = 0.1
"""Between attempts to send a chat message, each of which waits for the connection."""


class RoomActions(RoomView, ABC):
    """Requests, which its subclass sends. They raise `ClientError` where the server refuses or can't be reached."""

    def __init__(self) -> None:
        super().__init__()
        self._welcome: Welcome | None = None
        self._chatting = asyncio.Lock()
        self._ended = asyncio.Event()

    @abstractmethod
    async def _request(self, kind: type[messages.Request], **fields: Any) -> messages.Result | None:
        """Send a request and wait for its result. Raises `ClientError`."""

    async def chat(self, text: str, to: str | None = None) -> None:
        """Say something to all, or to one participant (by id), once the messages before it are sent.

        It is sent again after a lost connection, also after joining again, and arrives once.
        """
        client_id = secrets.token_hex(16)
        async with self._chatting:
            while True:
                server = None if self._welcome is None else self._welcome.server
                known = server is not None and "client_id" in server.features
                try:
                    fields = {"client_id": client_id} if known else {}
                    await self._request(messages.Chat, text=text, to=to, **fields)
                    return
                except ClientError as error:
                    if not known or self._ended.is_set() or not (is_temporary(error) or error.code == "closed"):
                        raise
                await asyncio.sleep(RETRY_SECONDS)

    async def chat_before(self, before: int | None = None, limit: int = 50) -> messages.ChatPage:
        """Older chat messages: those before the one with that id; at most `limit` (1 to 100) of them."""
        page = await self._request(messages.History, before=before, limit=limit)
        if not isinstance(page, messages.ChatPage):
            raise ClientError("internal", "The server's reply is not a page of messages.")
        return page

    async def raise_hand(self, *, raised: bool = True) -> None:
        """Raise or lower your hand."""
        await self._request(messages.Hand, raised=raised)

    async def react(self, emoji: str) -> None:
        """Show a reaction."""
        await self._request(messages.React, emoji=emoji)

    async def mute(self, source: Source, *, muted: bool = True) -> None:
        """Mute or unmute a publication of your own: the relay stops or goes on forwarding it."""
        await self._request(messages.Mute, source=source, muted=muted)

    async def unmute(self, source: Source) -> None:
        """Unmute a publication of your own."""
        await self.mute(source, muted=False)

    # What only hosts may

    async def moderate(self, action: messages.Action) -> None:
        """Do what only hosts may, such as `messages.LowerHand(participant=…)`; the methods below are the usual ones."""
        await self._request(messages.Moderate, action=action)

    async def mute_participant(self, participant: str, source: Source) -> None:
        """Mute what somebody publishes. They can unmute it themselves."""
        await self.moderate(messages.MutePerson(participant=participant, source=source))

    async def mute_all(self, source: Source) -> None:
        """Mute that source of everybody who isn't a host."""
        await self.moderate(messages.MuteAll(source=source))

    async def ask_to_unmute(self, participant: str, source: Source) -> None:
        """Ask somebody to unmute; nobody can do it for them."""
        await self.moderate(messages.AskUnmute(participant=participant, source=source))

    async def remove(self, participant: str) -> None:
        """Take somebody out of this call."""
        await self.moderate(messages.Remove(participant=participant))

    async def ban(self, participant: str) -> None:
        """Take somebody out of the room for good."""
        await self.moderate(messages.Ban(participant=participant))

    async def admit(self, waiting: str | None = None) -> None:
        """Let in somebody who waits (by the id in `waiting`), or everybody."""
        await self.moderate(messages.Admit(waiting=waiting))

    async def lock(self, *, locked: bool = True) -> None:
        """Let nobody else in but hosts, or everybody again."""
        await self.moderate(messages.Lock(locked=locked))

    async def delete_message(self, message: int) -> None:
        """Delete a chat message, by id."""
        await self.moderate(messages.DeleteChat(message=message))

    async def end_call(self) -> None:
        """End the call for everybody."""
        await self.moderate(messages.End())
