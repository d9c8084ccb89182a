"""What can go wrong for a program that joins a room."""


class ClientError(Exception):
    """Something was refused or failed.

    `code` is the protocol's or the API's, or one of the client's own: `unreachable`, `refused` (with an HTTP status),
    `media_failed`, `connection_lost`, `closed`; `args[0]` is a sentence for people. `temporary`: it may be otherwise in
    a moment.
    """

    def __init__(self, code: str, sentence: str, *, temporary: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.temporary = temporary
