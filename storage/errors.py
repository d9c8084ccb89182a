"""What can go wrong in the store, as far as a caller can do something about it."""


class StorageError(Exception):
    """Base of all errors that the store raises on purpose."""


class StorageUnavailableError(StorageError):
    """The database can't be reached, is locked, full, stopping, or did not answer in time. Nothing was stored.

    Only where the connection breaks while the database confirms is it unknown whether the whole was stored or nothing.
    """


class SchemaTooNewError(StorageError):
    """The database was migrated by a later version of Milanio."""


class InvalidTextError(StorageError, ValueError):
    """A text that can't be stored as it is: too long, or with a NUL or half a surrogate pair in it."""


class EmailTakenError(StorageError):
    """Someone has registered with this address, in whatever capitals."""


class CodeTakenError(StorageError):
    """A room has this code."""


class NotFoundError(StorageError):
    """The user or room that this belongs to doesn't exist, or not any more."""


class TokenInvalidError(StorageError):
    """The token is unknown, expired, used or revoked, or its user is disabled: it is not said which."""


class TokenReusedError(TokenInvalidError):
    """A refresh token came a second time: it has been copied. All tokens of its family are now revoked."""

    def __init__(self, user_id: str, family_id: str) -> None:
        super().__init__("a refresh token was used twice; its family is revoked")
        self.user_id = user_id
        self.family_id = family_id
