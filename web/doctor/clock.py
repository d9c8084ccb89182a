"""Whether this machine's clock is right, by comparison with another machine's."""

from web.doctor.finding import Finding, ok, problem, warning
from web.doctor.visit import Visit

SOME, MUCH = 30.0, 300.0
"""Seconds. Certificates just issued, and log-ins of other programs, are refused from some minutes on."""

_ADVICE = "Let the system set it: timedatectl set-ntp true (on a virtual machine, perhaps the host has to)."


def check_clock(host: str | None, visit: Visit, *, own: bool) -> Finding:
    """Compare with the `Date` in a server's answer; `own`: whether that is this machine, which proves nothing."""
    if host is None or own:
        return ok("clock.no_other", "not compared: name a server on another machine with --clock https://…")
    if visit.ahead is None:
        if visit.error:
            text = "not compared, as {host} doesn't say what time it is ({reason})"
            return ok("clock.no_answer", text, host=host, reason=visit.error)
        return ok("clock.no_time", "not compared, as {host} doesn't say what time it is", host=host)
    off = abs(visit.ahead)
    if off < SOME:
        return ok("clock.agrees", "agrees with that of {host}", host=host)
    found = problem if off >= MUCH else warning
    number, unit = _duration(off)
    if visit.ahead > 0:
        text = "it is {number} {unit} ahead of that of {host}"
        return found("clock.ahead", text, _ADVICE, number=number, unit=unit, host=host)
    text = "it is {number} {unit} behind that of {host}"
    return found("clock.behind", text, _ADVICE, number=number, unit=unit, host=host)


def _duration(seconds: float) -> tuple[str, str]:
    """The number and the unit, the largest of which there are two."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}", unit
    return f"{seconds:.0f}", "seconds"
