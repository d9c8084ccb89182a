import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from signaling import join_token
from signaling.messages import Rights
from signaling.rooms.participant import Person
from web.security.access_token import LIFETIME, MAX_LENGTH, AccessTokenError, AccessTokens

KEY = bytes(range(32))
TOKENS = AccessTokens(KEY)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"aud": "milanio:api", "iss": "milanio", "iat": now, "exp": now + 60, "sub": "u", "jti": "j", "session": "s"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(key: bytes = KEY, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, headers)


def rs256() -> str:
    return jwt.encode(claims(), rsa.generate_private_key(65537, 2048), "RS256")


def confused() -> str:
    """HS256 by a text that is public: what a server that takes its key for an RSA one would accept."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return handmade({"alg": "HS256", "typ": "JWT"}, pem)


def handmade(header: object, key: bytes = KEY) -> str:
    """Rightly signed under any header at all, also one that PyJWT wouldn't write."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims())]
    signature = jwt.get_algorithm_by_name("HS256").sign(b".".join(parts), key)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def test_a_token_is_read_as_it_was_signed() -> None:
    now = time.time()
    token = TOKENS.verify(TOKENS.sign("user", "family", now))
    assert (token.user, token.session, token.expires) == ("user", "family", int(now) + LIFETIME)
    assert token.id != TOKENS.verify(TOKENS.sign("user", "family", now)).id


def test_a_token_made_by_hand_is_read_as_well() -> None:
    assert TOKENS.verify(signed()).user == "u"
    assert len(TOKENS.sign("u" * 40, "s" * 40, time.time())) < MAX_LENGTH


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
        pytest.param(lambda: signed(KEY[::-1]), id="another key"),
        pytest.param(lambda: jwt.encode(claims(), "", "none"), id="none"),
        pytest.param(lambda: handmade({"alg": "none", "typ": "JWT"}), id="none, yet signed"),
        pytest.param(lambda: handmade({"alg": "NONE"}), id="NONE"),
        pytest.param(lambda: signed(KEY * 2, "HS512"), id="HS512"),
        pytest.param(rs256, id="RS256"),
        pytest.param(confused, id="RS and HS confused"),
        pytest.param(lambda: handmade({"alg": "RS256", "typ": "JWT"}), id="RS256 by the HS key"),
        pytest.param(lambda: signed(headers={"kid": "../../dev/null"}), id="kid path"),
        pytest.param(lambda: signed(b"\0" * 32, headers={"kid": "/dev/zero"}), id="kid of zeros"),
        pytest.param(lambda: signed(headers={"kid": "' UNION SELECT 'key"}), id="kid query"),
        pytest.param(lambda: handmade({"alg": "HS256", "typ": "JWT", "kid": 7}), id="kid number"),
        pytest.param(lambda: signed(headers={"jku": "https://evil.example/keys"}), id="jku"),
        pytest.param(lambda: signed(headers={"crit": ["x"], "x": 1}), id="crit"),
        pytest.param(lambda: signed(headers={"crit": ["b64"], "b64": False}), id="crit b64"),
        pytest.param(lambda: handmade([]), id="header list"),
        pytest.param(lambda: signed(exp=int(time.time()) - 1), id="expired"),
        pytest.param(lambda: signed(exp=None), id="no exp"),
        pytest.param(lambda: signed(exp="tomorrow"), id="exp text"),
        pytest.param(lambda: signed(iat=None), id="no iat"),
        pytest.param(lambda: signed(iat=int(time.time()) + 3600), id="from the future"),
        pytest.param(lambda: signed(aud=None), id="no aud"),
        pytest.param(lambda: signed(aud="milanio:join"), id="another aud"),
        pytest.param(lambda: signed(aud=["milanio:api", "other"]), id="many aud"),
        pytest.param(lambda: signed(iss=None), id="no iss"),
        pytest.param(lambda: signed(iss="other"), id="another iss"),
        pytest.param(lambda: signed(sub=None), id="no sub"),
        pytest.param(lambda: signed(sub=""), id="empty sub"),
        pytest.param(lambda: signed(jti=None), id="no jti"),
        pytest.param(lambda: signed(session=None), id="no session"),
        pytest.param(lambda: signed(session=""), id="empty session"),
        pytest.param(lambda: signed(session=["s"]), id="session list"),
        pytest.param(
            lambda: join_token.sign(join_token.JoinToken("r", Person("p", "n"), Rights()), KEY, time.time()),
            id="join token",
        ),
    ],
)
def test_any_other_text_is_refused_with_one_sentence(make: Callable[[], str]) -> None:
    with pytest.raises(AccessTokenError) as caught:
        TOKENS.verify(make())
    assert str(caught.value) == "The access token is invalid or has expired."


def test_a_token_expires() -> None:
    with pytest.raises(AccessTokenError):
        TOKENS.verify(TOKENS.sign("user", "family", time.time() - LIFETIME - 1))


def test_a_changed_claim_is_refused() -> None:
    head, body, signature = TOKENS.sign("user", "family", time.time()).split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["sub"] = "admin"
    changed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    with pytest.raises(AccessTokenError):
        TOKENS.verify(f"{head}.{changed}.{signature}")


def test_no_join_token() -> None:
    with pytest.raises(join_token.JoinTokenError):
        join_token.verify(TOKENS.sign("user", "family", time.time()), KEY)


def test_another_server_with_the_same_key_is_another_issuer() -> None:
    with pytest.raises(AccessTokenError):
        AccessTokens(KEY, "other").verify(TOKENS.sign("user", "family", time.time()))


@pytest.mark.parametrize("size", [0, 1, 31])
def test_a_short_key_is_refused_at_start(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AccessTokens(KEY[:size])
