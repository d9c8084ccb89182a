"""What this server tells its clients about itself."""

import functools
from importlib import metadata

FEATURES: tuple[str, ...] = (
    "client_id",
    "codecs",
    "device",
    "events",
    "ice_servers",
    "layers.wanted",
    "person",
    "publications.muted",
)
"""What was added to the protocol after its first release, for clients that also talk to older servers: see
`docs/protocol.md`, "Versions"."""


@functools.cache
def version() -> str:
    """The version of this Milanio."""
    try:
        return metadata.version("milanio")
    except metadata.PackageNotFoundError:
        return "unknown"  # run from a source tree that isn't installed
