"""Requests that are refused."""

from signaling.messages import ErrorCode


class RoomError(Exception):
    """A request that is refused; `code` is the protocol's, `args[0]` a sentence."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: ErrorCode = code
