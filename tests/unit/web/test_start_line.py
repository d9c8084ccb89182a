import pytest

from web.app import start_line


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://localhost:8080"),
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("fe80::1", "http://[fe80::1]:8080"),
    ],
)
def test_the_first_line_names_an_address_that_can_be_opened(host: str, url: str) -> None:
    assert start_line(host, 8080, 8081) == f"Milanio is at {url}, media on UDP port 8081"
