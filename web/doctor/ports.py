"""Whether the server's ports can be had, or who has them."""

import errno
from dataclasses import dataclass, replace

from sfu.net.udp import UdpSocket
from web.doctor.finding import Finding, Level, ok, problem, warning
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
        return ok("tcp.any", "any free TCP port will be used")
    if port.error is None:
        return ok("tcp.free", "{port} is free: Milanio isn't running", port=port.name)
    if not port.taken:
        return _cannot_open("tcp", port)
    if visit is not None and visit.version is not None:
        return ok("tcp.answers", "Milanio {version} answers on {port}", version=visit.version, port=port.name)
    return _taken("tcp", port, "--port")


def check_udp(port: Port, tcp: Port, *, running: bool) -> Finding:
    """Check the relay's port; `running`: whether Milanio has answered on the other."""
    if port.number == 0:
        return ok("udp.any", "any free UDP port will be used")
    if port.error is None:
        if running:
            return warning(
                "udp.nobody",
                "nobody has {port}, though Milanio answers on {tcp}",
                "Give this command the same --config and flags as the server.",
                port=port.name,
                tcp=tcp.name,
            )
        return ok("udp.free", "{port} is free", port=port.name)
    if not port.taken:
        return _cannot_open("udp", port)
    if running and _same_owner(port, tcp):
        return ok("udp.ours", "Milanio has {port}", port=port.name)
    return _taken("udp", port, "--media-port")


def check_http(port: Port, tcp: Port, *, running: bool, wanted: bool) -> Finding:
    """Check the port that sends people on to HTTPS; `wanted`: whether it was set, so that nothing works without."""
    if port.error is None:
        return ok("http.free", "{port} is free", port=port.name)
    if port.taken and running and _same_owner(port, tcp):
        return ok("http.ours", "Milanio has {port}", port=port.name)
    found = _taken("http", port, "http_port") if port.taken else _cannot_open("http", port)
    if wanted:
        return found
    advice = f"People who type the name without https:// don't get here. {found.advice}"
    return replace(found, level=Level.WARNING, advice=advice, code=f"optional_{found.code}")


def _same_owner(one: Port, other: Port) -> bool:
    """Whether one process has both, as far as it can be seen."""
    return one.owner is None or other.owner is None or one.owner.pid == other.owner.pid


def _cannot_open(check: str, port: Port) -> Finding:
    assert port.error is not None
    text, _, advice = cannot_listen(port.protocol, port.number, port.error).partition("; ")
    if port.error.errno == errno.EADDRNOTAVAIL:
        advice = "Set host to an address of this machine, or leave it out."
        return problem(f"{check}.no_such_address", "{said}", advice, said=text, port=port.name)
    if port.error.errno == errno.EACCES:
        advice = f"{advice[0].upper()}{advice[1:]}."
        return problem(f"{check}.no_privileges", "{said}", "{todo}", said=text, todo=advice, port=port.name)
    reason = port.error.strerror or str(port.error)
    return problem(f"{check}.cannot_open", "{said}", "Change the port.", said=text, port=port.name, reason=reason)


def _taken(check: str, port: Port, setting: str) -> Finding:
    advice = "Stop that program, or choose another port ({setting})."
    if port.owner is None:
        text = "{port} is taken by another program; as root, this command says which"
        return problem(f"{check}.taken_by_unknown", text, advice, port=port.name, setting=setting)
    text = "{port} is taken by {owner} (process {pid})"
    owner, pid = port.owner.name, str(port.owner.pid)
    return problem(f"{check}.taken", text, advice, port=port.name, owner=owner, pid=pid, setting=setting)
