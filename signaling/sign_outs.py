"""Log-ins that ended lately: join tokens issued for them before can't be used any more."""

from dataclasses import dataclass

from signaling.join_token import LIFETIME, JoinToken
from signaling.rooms.participant import Person


@dataclass(frozen=True, slots=True)
class SignOut:
    """The end of one log-in of a person, or of all but `keep`."""

    person: str
    session: str | None = None
    keep: str | None = None

    def ends(self, who: Person) -> bool:
        """Whether this ends the log-in by which someone joined."""
        return (
            who.id == self.person
            and (self.session is None or who.session == self.session)
            and (self.keep is None or who.session != self.keep)
        )


class SignOuts:
    """Remembers sign-outs for as long as older tokens are valid. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[SignOut, float]] = {}
        """Per person: the time of the latest sign-out of each kind."""

    def note(self, sign_out: SignOut, now: float) -> None:
        """Remember a sign-out."""
        own = self._latest.setdefault(sign_out.person, {})
        own.pop(sign_out, None)
        own[sign_out] = now

    def voids(self, token: JoinToken) -> bool:
        """Whether the token's log-in has ended since the token was issued."""
        own = self._latest.get(token.person.id, {})
        return any(token.issued <= at and sign_out.ends(token.person) for sign_out, at in own.items())

    def forget_old(self, now: float) -> None:
        """Forget sign-outs that no valid token is older than."""
        for person, own in list(self._latest.items()):
            self._latest[person] = {sign_out: at for sign_out, at in own.items() if now - at <= LIFETIME}
            if not self._latest[person]:
                del self._latest[person]
