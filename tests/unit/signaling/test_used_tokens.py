from signaling.join_token import LIFETIME, JoinToken
from signaling.messages import Rights
from signaling.rooms.participant import Person
from signaling.used_tokens import SWEEP_SECONDS, Use, UsedTokens
from tests.thorough import choose


def token(number: int, expires: int = LIFETIME) -> JoinToken:
    return JoinToken("room", Person("p", "P"), Rights(), id=str(number), expires=expires)


def test_a_used_token_is_known_with_who_came_in() -> None:
    used = UsedTokens()
    assert used.find(token(1)) is None
    used.add(token(1), "room", "member", 0.0)
    assert used.find(token(1)) == Use("room", "member", LIFETIME)
    assert used.find(token(2)) is None
    used.release(token(1))
    used.release(token(1))
    assert used.find(token(1)) is None


def test_it_is_remembered_until_it_expires_and_not_much_longer() -> None:
    used = UsedTokens()
    most = 0
    for second in range(choose(4, 10) * LIFETIME):
        used.add(token(second, second + LIFETIME), "room", "member", float(second))
        for still_good in range(max(0, second - LIFETIME), second + 1):
            assert used.find(token(still_good)) is not None
        most = max(most, len(used))
    assert most <= LIFETIME + SWEEP_SECONDS + 2
