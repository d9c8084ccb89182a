import pytest

from signaling.join_token import LIFETIME, JoinToken
from signaling.messages import Rights
from signaling.rooms.participant import Person
from signaling.sign_outs import SignOut, SignOuts


def token(session: str, issued: float, person: str = "ada") -> JoinToken:
    return JoinToken("room", Person(person, "Ada", guest=False, session=session), Rights(), issued=issued)


@pytest.mark.parametrize(
    ("sign_out", "void"),
    [
        (SignOut("ada"), {"phone", "desk"}),
        (SignOut("ada", session="phone"), {"phone"}),
        (SignOut("ada", keep="phone"), {"desk"}),
        (SignOut("bo"), set()),
    ],
)
def test_tokens_of_log_ins_that_ended_since_are_void(sign_out: SignOut, void: set[str]) -> None:
    sign_outs = SignOuts()
    sign_outs.note(sign_out, 100.0)
    assert {session for session in ("phone", "desk") if sign_outs.voids(token(session, 99.9))} == void
    assert not any(sign_outs.voids(token(session, 100.1)) for session in ("phone", "desk"))


def test_sign_outs_are_remembered_as_long_as_tokens_are_good() -> None:
    sign_outs = SignOuts()
    for number in range(1000):
        sign_outs.note(SignOut(f"p{number % 10}", session=f"s{number}"), 100.0)
    sign_outs.note(SignOut("ada"), 110.0)
    sign_outs.forget_old(100.0 + LIFETIME + 1)
    assert sign_outs.voids(token("phone", 105.0))
    assert list(sign_outs._latest) == ["ada"]
    sign_outs.forget_old(110.0 + LIFETIME + 1)
    assert sign_outs._latest == {}
