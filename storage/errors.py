"""The store's errors, as far as a caller can do something about them."""


class StorageError(Exception):
    """Base of all errors that the store raises on purpose."""


class StorageUnavailableError(StorageError):
    """The database can't be reached, is locked, full, stopping, or did not answer in time. Nothing was stored.

    If the connection breaks during the commit, either everything was stored or nothing; which, is unknown.
    """


class SchemaTooNewError(StorageError):
    """The database was migrated by a later version of Milanio."""


class BackupError(StorageError):
    """The file isn't a backup, is damaged, or may not be restored here."""


class NotEmptyError(BackupError):
    """There is something in the database that a backup would take the place of."""


class InvalidTextError(StorageError, ValueError):
    """A text that can't be stored unchanged: too long, or with a NUL or half of a surrogate pair in it."""


class EmailTakenError(StorageError):
    """Someone has already registered with this address, regardless of capitals."""


class NameTakenError(StorageError):
    """Another key already has this name."""


class CodeTakenError(StorageError):
    """Another room already has this code."""


class NotFoundError(StorageError):
    """The user or room that this belongs to doesn't exist, or no longer does."""


class TokenInvalidError(StorageError):
    """The token is unknown, expired, used or revoked, or its user is disabled. The error doesn't say which."""


class TokenReusedError(TokenInvalidError):
    """A refresh token was used a second time, so it has been copied. All tokens of its family are now revoked."""

    def __init__(self, user_id: str, family_id: str) -> None:
        super().__init__("a refresh token was used twice; its family is revoked")
        self.user_id = user_id
        self.family_id = family_id
