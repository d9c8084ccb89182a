import socket

import pytest

from web.security.hosts import OwnHosts


def hosts(public_url: str | None = None) -> OwnHosts:
    made = OwnHosts(public_url, lambda: ["192.0.2.7", "2001:db8::7"], ["https://intranet.example"])
    made.port = 8080
    return made


@pytest.mark.parametrize(
    ("scheme", "header", "url"),
    [
        ("http", "localhost:8080", "http://localhost:8080"),
        ("http", "127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http", "[::1]:8080", "http://[::1]:8080"),
        ("https", "192.0.2.7", "https://192.0.2.7"),
        ("http", "[2001:db8::7]:8080", "http://[2001:db8::7]:8080"),
        ("https", "Intranet.Example", "https://intranet.example"),
        ("http", socket.gethostname() + ":8080", f"http://{socket.gethostname().lower()}:8080"),
    ],
)
def test_a_name_of_this_machine_stands_in_links(scheme: str, header: str, url: str) -> None:
    assert hosts().url(scheme, header) == url


@pytest.mark.parametrize(
    "header",
    [
        "evil.example",
        "evil.example/x",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost.evil.example",
        "localhost:99999",
        "localhost:0",
        "192.0.2.8",
        'localhost"><b>',
        "a b",
        "[::1",
        "",
    ],
)
def test_any_other_name_does_not(header: str) -> None:
    assert hosts().url("http", header) == "http://192.0.2.7:8080"
    assert hosts("https://meet.example").url("http", header) == "https://meet.example"


def test_links_for_others_have_nothing_of_the_request() -> None:
    assert hosts().safe_url == "http://192.0.2.7:8080"
    assert hosts("https://meet.example").safe_url == "https://meet.example"
    alone = OwnHosts(None, list)
    alone.port = 1
    assert alone.safe_url == "http://localhost:1"
    six = OwnHosts(None, lambda: ["2001:db8::7"])
    six.port = 2
    assert six.safe_url == "http://[2001:db8::7]:2"
