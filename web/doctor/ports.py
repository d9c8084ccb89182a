"""Whether the server's ports can be had, or who has them."""

import errno
from dataclasses import dataclass

from sfu.net.udp import UdpSocket
from web.doctor.finding import Finding, ok, problem, warning
from web.doctor.owners import Owner, Protocol
from web.doctor.visit import Visit
from web.front_door import cannot_listen, listening_socket


@dataclass(frozen=True, slots=True)
class Port:
    """What is known about a port. `error`: why it can't be opened; None: it is free."""

    protocol: Protocol
    number: int
    error: OSError | None = None
    owner: Owner | None = None
    """Who has it; None: nobody, or it can't be seen."""

    @property
    def taken(self) -> bool:
        """Whether somebody has it, Milanio perhaps."""
        return self.error is not None and self.error.errno == errno.EADDRINUSE

    @property
    def name(self) -> str:
        """Such as `TCP port 443`."""
        return f"{self.protocol} port {self.number}"


def try_tcp(host: str, number: int) -> OSError | None:
    """Open the port as the server does, and close it. Returns what went wrong."""
    try:
        listener = listening_socket(host, number)
    except OSError as error:
        return error
    try:
        listener.listen()  # two sockets may be bound to one port, but not wait on it
    except OSError as error:
        return error
    finally:
        listener.close()
    return None


def try_udp(host: str, number: int) -> OSError | None:
    """The same for the relay's."""
    try:
        UdpSocket(host, number).close()
    except OSError as error:
        return error
    return None


def check_tcp(port: Port, visit: Visit | None) -> Finding:
    """Check the port of the page; `visit`: who answered on it, if it is taken."""
    if port.number == 0:
        return ok("tcp", "any free TCP port will be used")
    if port.error is None:
        return ok("tcp", f"{port.name} is free: Milanio isn't running")
    if not port.taken:
        return _cannot_open("tcp", port)
    if visit is not None and visit.version is not None:
        return ok("tcp", f"Milanio {visit.version} answers on {port.name}")
    return _taken("tcp", port, "--port")


def check_udp(port: Port, tcp: Port, *, running: bool) -> Finding:
    """Check the relay's port; `running`: whether Milanio has answered on the other."""
    if port.number == 0:
        return ok("udp", "any free UDP port will be used")
    if port.error is None:
        if running:
            return warning(
                "udp",
                f"nobody has {port.name}, though Milanio answers on {tcp.name}",
                "Give this command the same --config and flags as the server.",
            )
        return ok("udp", f"{port.name} is free")
    if not port.taken:
        return _cannot_open("udp", port)
    if running and _same_owner(port, tcp):
        return ok("udp", f"Milanio has {port.name}")
    return _taken("udp", port, "--media-port")


def check_http(port: Port, tcp: Port, *, running: bool, wanted: bool) -> Finding:
    """Check the port that sends people on to HTTPS; `wanted`: whether it was set, so that nothing works without."""
    if port.error is None:
        return ok("http", f"{port.name} is free")
    if port.taken and running and _same_owner(port, tcp):
        return ok("http", f"Milanio has {port.name}")
    found = _taken("http", port, "http_port") if port.taken else _cannot_open("http", port)
    if wanted:
        return found
    advice = f"People who type the name without https:// don't get here. {found.advice}"
    return warning("http", found.text, advice)


def _same_owner(one: Port, other: Port) -> bool:
    """Whether one process has both, as far as it can be seen."""
    return one.owner is None or other.owner is None or one.owner.pid == other.owner.pid


def _cannot_open(check: str, port: Port) -> Finding:
    assert port.error is not None
    text, _, advice = cannot_listen(port.protocol, port.number, port.error).partition("; ")
    if port.error.errno == errno.EADDRNOTAVAIL:
        advice = "Set host to an address of this machine, or leave it out."
    return problem(check, text, f"{advice[:1].upper()}{advice[1:]}".rstrip(".") + "." if advice else "Change the port.")


def _taken(check: str, port: Port, setting: str) -> Finding:
    who = "another program; as root, this command says which" if port.owner is None else str(port.owner)
    return problem(check, f"{port.name} is taken by {who}", f"Stop that program, or choose another port ({setting}).")
