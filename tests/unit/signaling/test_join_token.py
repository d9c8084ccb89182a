import base64
import json
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest

from signaling import join_token
from signaling.join_token import LIFETIME, JoinToken, JoinTokenError
from signaling.messages import Rights
from signaling.rooms.participant import Person

KEY = bytes(range(32))
TOKEN = JoinToken(
    "room",
    Person("person", "Ada Lovelace", False, "session", "a1", "/avatar", "#123456", "d" * 32, ("client_id",)),
    Rights(moderate=True),
    True,
)


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "aud": "milanio:join",
        "exp": int(time.time()) + 60,
        "jti": "j",
        "sub": "p",
        "room": "r",
        "person": {"name": "n", "features": []},
        "rights": {},
        "waits": False,
        "issued": time.time(),
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def test_a_token_is_read_as_it_was_signed() -> None:
    now = time.time()
    first, second = (join_token.verify(join_token.sign(TOKEN, KEY, now), KEY) for _ in range(2))
    assert replace(first, id="", expires=0) == TOKEN
    assert first.expires == int(now) + LIFETIME
    assert first.id != second.id


def test_the_claims_here_are_good() -> None:
    assert join_token.verify(jwt.encode(claims(), KEY, "HS256"), KEY).id == "j"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        "a" * 4096,
        join_token.sign(TOKEN, KEY, time.time() - LIFETIME - 2),
        join_token.sign(TOKEN, KEY[::-1], time.time()),
        join_token.sign(TOKEN, KEY, time.time())[:-2],
        jwt.encode(claims(), "", "none"),
        jwt.encode(claims(), KEY * 2, "HS512"),
        jwt.encode(claims(aud="other"), KEY, "HS256"),
        jwt.encode(claims(aud=None), KEY, "HS256"),
        jwt.encode(claims(exp=None), KEY, "HS256"),
        jwt.encode(claims(sub=None), KEY, "HS256"),
        jwt.encode(claims(jti=None), KEY, "HS256"),
        jwt.encode(claims(person={"name": "n"}), KEY, "HS256"),
        jwt.encode(claims(person="n"), KEY, "HS256"),
        jwt.encode(claims(room=None), KEY, "HS256"),
        jwt.encode(claims(rights={"fly": True}), KEY, "HS256"),
        jwt.encode(claims(rights="all"), KEY, "HS256"),
        jwt.encode(claims(), KEY, "HS256", headers={"crit": ["x"], "x": 1}),
    ],
)
def test_any_other_text_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(JoinTokenError) as caught:
        join_token.verify(text, KEY)
    assert str(caught.value) == "The join token is invalid or has expired."


def test_a_changed_claim_is_refused() -> None:
    head, body, signature = join_token.sign(TOKEN, KEY, time.time()).split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["room"] = "other"
    changed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    with pytest.raises(JoinTokenError):
        join_token.verify(f"{head}.{changed}.{signature}", KEY)


def test_a_short_key_signs_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        join_token.sign(TOKEN, KEY[:31], time.time())
