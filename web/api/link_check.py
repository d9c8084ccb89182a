"""Whether a personal link is good: who it lets in, and by which program."""

from signaling.rooms.room import Room
from web.api.endpoint import Call
from web.api.errors import ApiError
from web.security import link_token
from web.security.link_token import LinkExpiredError, LinkToken, LinkTokenError


async def check_link(call: Call, token: str, room: Room) -> LinkToken:
    """Return what a link's token says about its bearer, for this room.

    Raises `ApiError`: `link_expired`, or `bad_link` if it was changed, is for another room, or its program may no
    longer let people in.
    """
    try:
        link = link_token.verify(token, call.services.link_key, call.now)
    except LinkExpiredError:
        raise ApiError(403, "link_expired", "This link has expired. Ask for a new one.") from None
    except LinkTokenError:
        raise _bad_link() from None
    if link.room != room.id:
        raise _bad_link()
    key = await call.services.store.api_keys.by_id(link.key, call.now)
    if key is None or "join" not in key.scopes or key.owner is None or key.owner.id != room.hosts.owner:
        raise _bad_link()
    return link


def _bad_link() -> ApiError:
    return ApiError(403, "bad_link", "This link is incomplete, or no longer works. Ask for a new one.")
