"""Permissions of the files in a data folder."""

import os
import stat
from pathlib import Path

OWNER_ONLY, WITH_GROUP = 0o600, 0o660


def is_shared(folder: Path) -> bool:
    """Whether the folder's group may write to it, and so is meant to use what is in it, as with Kubernetes' `fsGroup`,
    or where every start runs as a different user of one group.
    """
    return bool(folder.stat().st_mode & stat.S_IWGRP)


def make_file(path: Path) -> int:
    """Create an empty file for its owner, and for its group too if the folder is shared. Returns a descriptor to write
    to it. Raises `FileExistsError` and other `OSError`.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY)
    try:
        if is_shared(path.parent):
            os.fchmod(descriptor, WITH_GROUP)  # the umask would clear the group's bits in `open`
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def replace_file(path: Path, content: bytes) -> None:
    """Put a file with this content in place of what `path` has, at once, with the permissions of `make_file`.

    Raises `OSError`; then what was there is still there.
    """
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(make_file(new), "wb") as file:
        file.write(content)
    os.replace(new, path)
