"""What can go wrong for a program that joins a room: `ClientError`, and below it `MediaError`."""


class ClientError(Exception):
    """Something was refused or failed; the base of all that the client raises itself.

    `code` is the protocol's or the API's, or one of the client's own: `unreachable`, `refused` (with an HTTP status),
    `media_failed`, `connection_lost`, `closed`, `bad_state`, `bad_media`; `args[0]` is a sentence for people.
    `temporary`: another attempt in a moment may succeed.
    """

    def __init__(self, code: str, sentence: str, *, temporary: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.temporary = temporary


class MediaError(ClientError, ValueError):
    """Media that can't be published, decoded or written. `code` is `bad_media`, `args[0]` a sentence for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad_media", sentence)
