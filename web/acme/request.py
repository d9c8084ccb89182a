"""What certificate to get, and from whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from web.acme.proofs import Proofs


class OrderError(Exception):
    """There is no certificate; `args[0]` is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to get, and from whom."""

    hosts: Sequence[str]
    directory: str
    """URL of the authority."""
    email: str | None
    """Where it may write to."""
    folder: Path
    """For the account with the authority."""
    over_http: bool
    """Whether to prove it on port 80, rather than over TLS."""


Order = Callable[[Request, Proofs], bytes]
"""Gets a certificate with its key, in PEM form: `web.acme.order.order`, or what takes its place in tests."""
