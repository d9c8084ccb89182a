"""The room as the program sees it."""

from signaling import messages
from signaling.client.errors import ClientError
from signaling.client.state import RoomState
from signaling.messages import ChatMessage, Participant, Publication


class RoomView:
    """Reads the state that its subclass keeps. Raises `ClientError` before the client has joined."""

    def __init__(self) -> None:
        self._state: RoomState | None = None

    def _joined(self) -> RoomState:
        if self._state is None:
            raise ClientError("bad_state", "The client hasn't joined.")
        return self._state

    @property
    def you(self) -> Participant:
        """Yourself, as others see you."""
        state = self._joined()
        return state.describe(state.you_id)

    @property
    def participants(self) -> dict[str, Participant]:
        """The others, by id."""
        state = self._joined()
        return {each: state.describe(each) for each in state.people if each != state.you_id}

    @property
    def publications(self) -> dict[str, Publication]:
        """What is published in the room, your own included, by id."""
        return dict(self._joined().publications)

    @property
    def speakers(self) -> list[str]:
        """The participants who speak now, by id, the loudest first."""
        return list(self._joined().speakers)

    @property
    def quality(self) -> dict[str, messages.Quality]:
        """How good the connections of participants are, as far as the server has said, by participant id."""
        return dict(self._joined().quality)

    @property
    def chat_messages(self) -> list[ChatMessage]:
        """The chat, oldest first."""
        return list(self._joined().chat)

    @property
    def room(self) -> messages.Room:
        """The room and its settings."""
        return self._joined().room

    @property
    def rights(self) -> messages.Rights:
        """What you may do."""
        return self._joined().rights

    @property
    def waiting(self) -> dict[str, messages.Waiting]:
        """People waiting to be admitted, by id; only hosts are told."""
        return dict(self._joined().waiting)
