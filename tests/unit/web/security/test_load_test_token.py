import time
from typing import Any

import jwt
import pytest

from web.security.access_token import AccessTokens
from web.security.load_test_token import MAX_HOURS, MAX_LENGTH, is_good, sign

KEY = bytes(range(32))


def made(key: bytes = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {"aud": "milanio:load-test", "iat": now, "exp": now + 60, "jti": "j", **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


def test_a_token_is_good_for_its_hours_and_no_longer() -> None:
    now = time.time()
    for hours in (0.5, MAX_HOURS):
        token = sign(KEY, hours, now)
        assert is_good(token, KEY)
        assert len(token) < MAX_LENGTH
        assert not is_good(sign(KEY, hours, now - hours * 3600 - 2), KEY)


@pytest.mark.parametrize("hours", [0, -1, MAX_HOURS + 1, float("nan"), float("inf")])
def test_no_token_is_made_for_longer_than_a_week(hours: float) -> None:
    with pytest.raises(ValueError, match="168 hours"):
        sign(KEY, hours, time.time())


def test_a_token_made_by_hand_is_read_as_well() -> None:
    assert is_good(made(), KEY)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="no token"),
        pytest.param("\udcff.a.b", id="not even text"),
        pytest.param("a" * 1_000_000, id="a megabyte"),
        pytest.param(made()[:-2], id="a shorter signature"),
        pytest.param(made(KEY[::-1]), id="another server's"),
        pytest.param(made(aud="milanio:api"), id="for something else"),
        pytest.param(made(aud=["milanio:load-test", "x"]), id="for several things"),
        pytest.param(made(exp=int(time.time()) - 1), id="expired"),
        pytest.param(made(exp=int(time.time()) + 8 * 24 * 3600), id="good for longer than a week"),
        pytest.param(made(exp=None), id="good for ever"),
        pytest.param(made(iat=None), id="not said since when"),
        pytest.param(made(KEY * 2, "HS512"), id="HS512"),
        pytest.param(jwt.encode({"aud": "milanio:load-test"}, "", "none"), id="not signed"),
        pytest.param(AccessTokens(KEY).sign("user", "session", time.time()), id="an access token"),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_good(text, KEY)
