"""Ports, tried with real sockets that other programs have."""

import errno
import os
import socket
from contextlib import closing

import pytest

from web.doctor import ports
from web.doctor.finding import Level
from web.doctor.owners import Owner, file_limit, owner_of
from web.doctor.ports import Port
from web.doctor.visit import Visit

IN_USE = OSError(errno.EADDRINUSE, "Address already in use")
SHOP = Owner(12, "nginx")
MILANIO = Visit(version="1.0", status=200)


@pytest.mark.parametrize("host", ["127.0.0.1", ""])
def test_a_port_that_another_program_waits_on_is_found_with_its_owner(host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        number = other.getsockname()[1]
        error = ports.try_tcp(host, number)
        assert error is not None
        assert error.errno == errno.EADDRINUSE
        owner = owner_of("TCP", number)
    assert owner is not None
    assert owner.pid == os.getpid()
    found = ports.check_tcp(Port("TCP", number, error, owner), Visit(error="it isn't HTTP"))
    assert found.level is Level.PROBLEM
    assert f"TCP port {number} is taken by {owner.name} (process {os.getpid()})" in found.text
    assert "--port" in found.advice
    assert ports.try_tcp(host, number) is None
    assert owner_of("TCP", number) is None


def test_a_media_port_that_another_program_has_is_found() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        number = other.getsockname()[1]
        error, owner = ports.try_udp("127.0.0.1", number), owner_of("UDP", number)
    assert owner is not None
    assert owner.pid == os.getpid()
    found = ports.check_udp(Port("UDP", number, error, owner), Port("TCP", number), running=False)
    assert found.level is Level.PROBLEM
    assert "is taken by" in found.text
    assert "--media-port" in found.advice
    assert ports.try_udp("127.0.0.1", number) is None


def test_an_address_of_another_machine_is_named_as_such() -> None:
    error = ports.try_tcp("192.0.2.77", 0)
    assert error is not None
    found = ports.check_tcp(Port("TCP", 8080, error), None)
    assert found.level is Level.PROBLEM
    assert "Set host" in found.advice


def test_a_port_without_the_right_to_it_tells_how_to_get_that() -> None:
    found = ports.check_tcp(Port("TCP", 443, PermissionError(errno.EACCES, "Permission denied")), None)
    assert found.level is Level.PROBLEM
    assert "CAP_NET_BIND_SERVICE" in found.advice


def test_milanio_itself_is_recognised() -> None:
    assert ports.check_tcp(Port("TCP", 443, IN_USE), MILANIO).level is Level.OK
    assert ports.check_tcp(Port("TCP", 443), None).text == "TCP port 443 is free: Milanio isn't running"
    assert ports.check_tcp(Port("TCP", 0), None).level is Level.OK


@pytest.mark.parametrize(
    ("udp", "tcp", "running", "level"),
    [
        (Port("UDP", 1), Port("TCP", 1), False, Level.OK),
        (Port("UDP", 1), Port("TCP", 1, IN_USE), True, Level.WARNING),
        (Port("UDP", 1, IN_USE), Port("TCP", 1, IN_USE), True, Level.OK),
        (Port("UDP", 1, IN_USE, Owner(7, "a")), Port("TCP", 1, IN_USE, Owner(7, "a")), True, Level.OK),
        (Port("UDP", 1, IN_USE, SHOP), Port("TCP", 1, IN_USE, Owner(7, "a")), True, Level.PROBLEM),
        (Port("UDP", 1, IN_USE), Port("TCP", 1), False, Level.PROBLEM),
        (Port("UDP", 0), Port("TCP", 0), False, Level.OK),
    ],
)
def test_the_media_port_belongs_to_who_has_the_other(udp: Port, tcp: Port, running: bool, level: Level) -> None:
    assert ports.check_udp(udp, tcp, running=running).level is level


def test_the_port_for_http_only_matters_if_it_was_asked_for() -> None:
    taken, tcp = Port("TCP", 80, IN_USE, SHOP), Port("TCP", 443, IN_USE, Owner(7, "milanio"))
    assert ports.check_http(taken, tcp, running=True, wanted=True).level is Level.PROBLEM
    found = ports.check_http(taken, tcp, running=True, wanted=False)
    assert found.level is Level.WARNING
    assert "nginx (process 12)" in found.text
    own = Port("TCP", 80, IN_USE, Owner(7, "milanio"))
    assert ports.check_http(own, tcp, running=True, wanted=False).level is Level.OK
    assert ports.check_http(Port("TCP", 80), tcp, running=True, wanted=True).level is Level.OK


def test_the_limit_of_a_process_is_read() -> None:
    limit = file_limit(os.getpid())
    assert limit is None or limit > 0
    assert file_limit(2**22 + 1) is None
