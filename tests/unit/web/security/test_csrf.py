import pytest
from multidict import CIMultiDict

from web.security.csrf import MAX_WARNINGS, OriginCheck, normal_origin

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
        # A program; browsers say where a change comes from.
        (None, None, True),
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
    assert not CHECK.permits("POST", CIMultiDict({"Origin": "http://"}), "")


@pytest.mark.parametrize(
    ("method", "kind", "permitted"),
    [
        ("POST", "application/json", True),
        ("POST", None, True),
        ("POST", "text/plain;charset=UTF-8", False),
        ("POST", "Application/X-WWW-Form-Urlencoded", False),
        ("POST", "multipart/form-data; boundary=x", False),
        # No form can send these.
        ("PUT", "text/plain", True),
        ("DELETE", "text/plain", True),
    ],
)
def test_a_cookie_without_an_origin_is_a_program_s_unless_an_old_browser_s_form_could_send_it(
    method: str, kind: str | None, permitted: bool
) -> None:
    headers = CIMultiDict({"Cookie": "milanio=x"})
    if kind is not None:
        headers["Content-Type"] = kind
    assert CHECK.permits(method, headers, OWN) is permitted
    del headers["Cookie"]
    assert CHECK.permits(method, headers, OWN)


@pytest.mark.parametrize(
    ("origin", "own", "public_url", "accepted"),
    [
        # A proxy that says nothing: only public_url tells the server its name.
        ("https://meet.example", "http://127.0.0.1:8080", "https://meet.example", True),
        ("https://meet.example:8443", "http://127.0.0.1:8080", "https://meet.example:8443/calls", True),
        ("https://meet.example", "http://127.0.0.1:8080", None, False),
        ("https://meet.example", "http://127.0.0.1:8080", "https://other.example", False),
        # One that passes the name on, and not that it speaks HTTPS.
        ("https://meet.example", "http://meet.example", None, True),
        ("https://meet.example:8443", "http://meet.example:8443", None, True),
        # One that loses the port: another port may be somebody else's program.
        ("https://meet.example:8443", "http://meet.example", None, False),
        ("https://meet.example:8443", "http://meet.example", "https://meet.example:8443", True),
        # Unencrypted pages don't speak for encrypted ones.
        ("http://meet.example", "https://meet.example", "https://meet.example", False),
        ("http://meet.example", "http://127.0.0.1:8080", "https://meet.example", False),
        # The names inside go on working beside public_url.
        ("http://localhost:8080", "http://localhost:8080", "https://meet.example", True),
    ],
)
def test_own_is_what_the_request_names_and_what_the_operator_names(
    origin: str, own: str, public_url: str | None, accepted: bool
) -> None:
    check = OriginCheck(public_url=public_url)
    assert check.accepts(origin, own) is accepted
    assert check.permits_origin(CIMultiDict({"Origin": origin}), own) is accepted


def test_a_refused_page_is_told_once_with_the_setting_to_change(caplog: pytest.LogCaptureFixture) -> None:
    check = OriginCheck()
    for _ in range(3):
        check.warn(CIMultiDict({"Origin": "https://meet.example"}), "http://127.0.0.1:8080")
    (line,) = caplog.messages
    assert "https://meet.example" in line
    assert "set public_url" in line
    assert "http://127.0.0.1:8080" in line
    for number in range(100):
        check.warn(CIMultiDict({"Origin": f"https://{number}.example"}), "http://127.0.0.1:8080")
    assert len(caplog.messages) <= MAX_WARNINGS
    check.warn(CIMultiDict({"Origin": "https://a\nb"}), "x")
    assert len(caplog.messages) <= MAX_WARNINGS


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
    with pytest.raises(ValueError, match="isn't an origin"):
        OriginCheck([text])
