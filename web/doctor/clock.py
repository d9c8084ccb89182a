"""Whether this machine's clock is right, by comparison with another machine's."""

from web.doctor.finding import Finding, ok, problem, warning
from web.doctor.visit import Visit

SOME, MUCH = 30.0, 300.0
"""Seconds. Certificates just issued, and log-ins of other programs, are refused from some minutes on."""

_ADVICE = "Let the system set it: timedatectl set-ntp true (on a virtual machine, perhaps the host has to)."


def check_clock(host: str | None, visit: Visit, *, own: bool) -> Finding:
    """Compare with the `Date` in a server's answer; `own`: whether that is this machine, which proves nothing."""
    if host is None or own:
        return ok("clock", "not compared: name a server on another machine with --clock https://…")
    if visit.ahead is None:
        return ok("clock", f"not compared, as {host} doesn't say what time it is{_because(visit)}")
    off = abs(visit.ahead)
    if off < SOME:
        return ok("clock", f"agrees with that of {host}")
    text = f"it is {_duration(off)} {'ahead of' if visit.ahead > 0 else 'behind'} that of {host}"
    return (problem if off >= MUCH else warning)("clock", text, _ADVICE)


def _because(visit: Visit) -> str:
    return f" ({visit.error})" if visit.error else ""


def _duration(seconds: float) -> str:
    """In the largest unit of which there are two."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
