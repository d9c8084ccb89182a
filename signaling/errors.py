"""The error that refuses a request."""

from signaling.messages import ErrorCode


class RoomError(Exception):
    """Refuses a request; `code` is the protocol's error code, `args[0]` a sentence for people."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: ErrorCode = code
