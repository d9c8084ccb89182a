"""`/api/auth/sessions`: list and end log-ins."""

from typing import Annotated

from pydantic import Field

from web.api.endpoint import Call, Endpoints, Reply, not_found
from web.security import cookies

endpoints = Endpoints("Sessions")


class LogIn(Reply):
    """One log-in. Times are seconds since 1970."""

    id: str
    current: Annotated[bool, Field(description="whether this request comes from it")]
    signed_in_at: float
    last_used_at: Annotated[float, Field(description="accurate to the hour")]
    expires_at: float
    user_agent: Annotated[str, Field(description="the browser's or program's User-Agent")]
    address: Annotated[str, Field(description="where it was last used from")]


class LogIns(Reply):
    """A user's log-ins, the latest used first."""

    sessions: list[LogIn]


@endpoints.add("GET", "/api/auth/sessions", reply=LogIns)
async def list_(call: Call) -> LogIns:
    """List where I am logged in."""
    found = await call.services.store.tokens.list(call.user.user.id, call.now)
    return LogIns(
        sessions=[
            LogIn(
                id=session.id,
                current=session.id == call.user.session,
                signed_in_at=session.signed_in_at,
                last_used_at=session.last_used_at,
                expires_at=session.expires_at,
                user_agent=session.user_agent,
                address=session.address,
            )
            for session in found
        ]
    )


@endpoints.add("DELETE", "/api/auth/sessions/{id}")
async def end(call: Call) -> None:
    """End one of my log-ins, and the calls joined from there."""
    session, user = call.parameter("id"), call.user.user
    if not await call.services.store.tokens.revoke(user.id, session, call.now):
        raise not_found()
    call.services.calls.sign_out(user.id, session=session)
    if session == call.user.session:
        await cookies.forget(call.request)


@endpoints.add("DELETE", "/api/auth/sessions")
async def end_others(call: Call) -> None:
    """End all of my log-ins except this one, and the calls joined from there."""
    user, here = call.user.user, call.user.session
    await call.services.store.tokens.revoke_all(user.id, call.now, keep=here)
    call.services.calls.sign_out(user.id, keep=here)
