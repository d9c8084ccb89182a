"""Rights of the files that are kept in a data folder."""

import os
import stat
from pathlib import Path

OWNER_ONLY, WITH_GROUP = 0o600, 0o660


def is_shared(folder: Path) -> bool:
    """Whether the folder's group may write to it, and so is meant to use what is in it: as with Kubernetes' `fsGroup`,
    and where each start has another user of one group.
    """
    return bool(folder.stat().st_mode & stat.S_IWGRP)


def make_file(path: Path) -> int:
    """Make a file with nothing in it, for its owner, and where the folder is shared, for its group. Gives a descriptor
    to write with. Raises `FileExistsError` and other `OSError`.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY)
    try:
        if is_shared(path.parent):
            os.fchmod(descriptor, WITH_GROUP)  # the umask would take it away from `open`
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
