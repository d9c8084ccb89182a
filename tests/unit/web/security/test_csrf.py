import pytest
from multidict import CIMultiDict

from web.security.csrf import OriginCheck, normal_origin, safe_next

OWN = "https://meet.example.org"
CHECK = OriginCheck(["https://app.example.com", "http://localhost:5173"])


@pytest.mark.parametrize(
    ("origin", "fetch_site", "permitted"),
    [
        (OWN, "same-origin", True),
        (OWN, None, True),
        ("https://meet.example.org:443", None, True),
        ("HTTPS://MEET.example.org", None, True),
        # A proxy that isn't configured makes `own` look different; the browser knows better.
        ("https://outside.example.org", "same-origin", True),
        (None, "same-origin", True),
        ("https://app.example.com", "cross-site", True),
        ("https://app.example.com", None, True),
        ("http://localhost:5173", "same-site", True),
        (None, None, False),
        (None, "none", False),
        (None, "cross-site", False),
        ("", None, False),
        ("null", None, False),
        ("null", "cross-site", False),
        (OWN, "cross-site", False),
        (OWN, "same-site", False),
        (OWN, "none", False),
        (OWN, "garbage", False),
        ("https://evil.example", None, False),
        ("https://evil.example", "cross-site", False),
        ("https://meet.example.org.evil.example", None, False),
        ("https://evil.example/https://meet.example.org", None, False),
        ("https://meet.example.org@evil.example", None, False),
        ("https://evil.example#meet.example.org", None, False),
        ("http://meet.example.org", None, False),
        ("https://meet.example.org:8443", None, False),
        ("https://other.example.org", "same-site", False),
        ("http://localhost:5174", None, False),
        ("http://app.example.com", None, False),
        ("https://sub.app.example.com", None, False),
        ("file://", None, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "ANY"])
def test_a_changing_request_comes_from_here_or_an_allowed_origin(
    method: str, origin: str | None, fetch_site: str | None, permitted: bool
) -> None:
    headers: CIMultiDict[str] = CIMultiDict()
    if origin is not None:
        headers["origin"] = origin
    if fetch_site is not None:
        headers["sec-fetch-site"] = fetch_site
    assert CHECK.permits(method, headers, OWN) is permitted
    assert CHECK.permits_origin(headers, OWN) is permitted


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_request_that_changes_nothing_comes_from_anywhere(method: str) -> None:
    assert CHECK.permits(method, CIMultiDict({"Origin": "https://evil.example"}), OWN)


def test_an_own_origin_that_is_unknown_is_nobody_s() -> None:
    assert not CHECK.permits("POST", CIMultiDict({"Origin": "null"}), "null")
    assert not CHECK.permits("POST", CIMultiDict(), "")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://example.org", "https://example.org"),
        ("https://EXAMPLE.org:443", "https://example.org"),
        ("http://example.org:080", "http://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]", "http://[::1]"),
        ("https://example.org/", None),
        ("https://example.org:", None),
        ("https://example.org:²", None),
        ("https://example.org:999999", None),
        ("https://ex ample.org", None),
        ("https://a:b@example.org", None),
        ("https://::1", None),
        ("https://", None),
        ("example.org", None),
        ("ws://example.org", None),
        ("*", None),
    ],
)
def test_the_one_form_of_an_origin(text: str, normal: str | None) -> None:
    assert normal_origin(text) == normal


@pytest.mark.parametrize("text", ["*", "example.org", "https://example.org/app", "null", ""])
def test_what_is_allowed_must_be_an_origin(text: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        OriginCheck([text])


@pytest.mark.parametrize(
    "text",
    ["/", "/room/abc", "/room/abc?x=1&y=//z", "/#a", "/r?next=https://example.org", "/a/b.c/d", "/a/...", "/%41"],
)
def test_a_path_of_this_site_is_safe(text: str) -> None:
    assert safe_next(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "room",
        "?x",
        "#x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "/\0/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/\x7f/evil.example",
        "/\x85/evil.example",
        "/\u2028/evil.example",
        "/／evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/a/..//evil.example",
        "/a/../b",
        "/%2e%2E//evil.example",
        "/%2e/a",
        "/a//b",
        "http://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "@evil.example",
        "/\ud800",
        "/" + "a" * 2048,
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    assert safe_next(text) is None
