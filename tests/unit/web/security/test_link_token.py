"""Tokens of personal links: what was signed comes back, and nothing else is taken for one."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from signaling import join_token
from signaling.messages import Rights
from signaling.names import MAX_NAME
from signaling.rooms.participant import Person
from web.security import load_test_token
from web.security.access_token import AccessTokens
from web.security.link_token import MAX_LENGTH, LinkExpiredError, LinkToken, LinkTokenError, sign, verify

KEY = bytes(range(32))
NOW = 1_800_000_000.0
TOKEN = LinkToken("room", "key", "person", "Tom", host=False, expires=int(NOW) + 60)


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "aud": "milanio:link", "exp": TOKEN.expires, "sub": "person",
        "room": "room", "key": "key", "name": "Tom", "host": False,
    }  # fmt: skip
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def signed(key: bytes = KEY, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, headers)


def handmade(header: object) -> str:
    """Rightly signed under any header at all."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims())]
    signature = jwt.get_algorithm_by_name("HS256").sign(b".".join(parts), KEY)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def with_other_claims() -> str:
    """A good token whose content was changed."""
    header, _, signature = signed().split(".")
    content = base64.urlsafe_b64encode(json.dumps(claims(host=True)).encode()).rstrip(b"=").decode()
    return f"{header}.{content}.{signature}"


def joining() -> str:
    return join_token.sign(join_token.JoinToken("room", Person("person", "Tom"), Rights()), KEY, NOW)


def test_a_token_is_read_as_it_was_signed() -> None:
    assert verify(sign(TOKEN, KEY), KEY, NOW) == TOKEN
    assert verify(signed(), KEY, NOW) == TOKEN


def test_it_is_good_until_it_expires() -> None:
    text = sign(TOKEN, KEY)
    assert verify(text, KEY, TOKEN.expires - 0.5) == TOKEN
    for now in (TOKEN.expires, TOKEN.expires + 1e6):
        with pytest.raises(LinkExpiredError):
            verify(text, KEY, now)


def test_only_a_token_of_this_server_has_expired() -> None:
    """Others are just wrong, however old they are."""
    with pytest.raises(LinkTokenError) as caught:
        verify(signed(KEY[::-1], exp=1), KEY, NOW)
    assert not isinstance(caught.value, LinkExpiredError)


def test_the_longest_name_fits() -> None:
    ids = "f" * 32
    for letter in ("x", "ä", "字", "🦊"):
        text = sign(LinkToken("r" * 32, ids, ids, letter * MAX_NAME, host=True, expires=2**33), KEY)
        assert len(text) <= 1_400 < MAX_LENGTH
        assert verify(text, KEY, NOW).name == letter * MAX_NAME


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "a.b.c", id="no token"),
        pytest.param(lambda: "\udcff.a.b", id="not even text"),
        pytest.param(lambda: "a" * 1_000_000, id="a megabyte"),
        pytest.param(lambda: signed() + "\udcff", id="a half character"),
        pytest.param(lambda: signed() + "." + "a" * MAX_LENGTH, id="too long"),
        pytest.param(lambda: signed()[:-2], id="a shorter signature"),
        pytest.param(lambda: signed().rpartition(".")[0] + ".", id="no signature"),
        pytest.param(with_other_claims, id="tampered"),
        pytest.param(lambda: signed(KEY[::-1]), id="another key"),
        pytest.param(lambda: jwt.encode(claims(), "", "none"), id="none"),
        pytest.param(lambda: handmade({"alg": "none", "typ": "JWT"}), id="none, yet signed"),
        pytest.param(lambda: signed(KEY * 2, "HS512"), id="HS512"),
        pytest.param(lambda: jwt.encode(claims(), rsa.generate_private_key(65537, 2048), "RS256"), id="RS256"),
        pytest.param(lambda: handmade({"alg": "RS256", "typ": "JWT"}), id="RS256 by the HS key"),
        pytest.param(lambda: signed(headers={"kid": "../../dev/null"}), id="kid path"),
        pytest.param(lambda: signed(headers={"crit": ["x"], "x": 1}), id="crit"),
        pytest.param(lambda: signed(aud="milanio:join"), id="another audience"),
        pytest.param(lambda: signed(aud=["milanio:link", "milanio:api"]), id="two audiences"),
        pytest.param(lambda: signed(aud=...), id="no audience"),
        pytest.param(joining, id="a join token"),
        pytest.param(lambda: AccessTokens(KEY).sign("user", "session", NOW), id="an access token"),
        pytest.param(lambda: load_test_token.sign(KEY, 1, NOW), id="a load test's token"),
        pytest.param(lambda: signed(exp=...), id="no exp"),
        pytest.param(lambda: signed(exp="tomorrow"), id="exp text"),
        pytest.param(lambda: signed(exp=NOW + 60), id="exp fraction"),
        pytest.param(lambda: signed(exp=None), id="exp null"),
        pytest.param(lambda: signed(sub=...), id="no person"),
        pytest.param(lambda: signed(room=...), id="no room"),
        pytest.param(lambda: signed(room=7), id="room number"),
        pytest.param(lambda: jwt.encode({**claims(), "key": ""}, KEY), id="no key"),
        pytest.param(lambda: signed(name=""), id="no name"),
        pytest.param(lambda: signed(name=["Tom"]), id="name list"),
        pytest.param(lambda: signed(host=...), id="no host"),
        pytest.param(lambda: signed(host="yes"), id="host text"),
    ],
)
def test_anything_else_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(LinkTokenError) as caught:
        verify(make(), KEY, NOW)
    assert caught.value.args == ("The token of the link is wrong.",)
