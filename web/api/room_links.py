"""`/api/rooms/link` and `/api/rooms/by-link`: personal links, by which a program's people join on the page."""

import secrets

from web.api.endpoint import Access, Call, Endpoints
from web.api.errors import ApiError
from web.api.link_check import check_link
from web.api.people import colour_of
from web.api.room_models import LinkPreview, MakeLink, OpenLink, PersonalLink
from web.api.rooms import at_the_door, person_id, preview, role_in
from web.security import link_token
from web.security.link_token import LinkToken

endpoints = Endpoints("Personal links")


@endpoints.add(
    "POST", "/api/rooms/link", body=MakeLink, reply=PersonalLink, errors=(403, 404, 410, 429), scope="join"
)  # fmt: skip
async def link(call: Call, body: MakeLink) -> PersonalLink:
    """Make a link by which one person joins on the page, under the name that the program gives.

    Only for programs with an API key, and for rooms of its owner. Whoever has the link joins as that person, as often
    as they like, on the conditions of `POST /api/rooms/join`, until it expires or the key ends. Nothing is stored: keep
    the link, or make another.
    """
    if call.key is None:
        raise ApiError(403, "not_allowed", "Only programs with an API key can make personal links.")
    room = await at_the_door(call, body.code)
    if await role_in(call, room.id, room.hosts.owner) is None:
        raise ApiError(403, "not_allowed", "This key is only good for rooms of its owner.")
    ends = call.now + body.ttl_seconds
    if call.key.expires_at is not None:
        ends = min(ends, call.key.expires_at)
    # Without an id of the person, the link stands for them: whoever is banned can't come back by it.
    known = f"person {body.person}" if body.person else f"link {secrets.token_hex(16)}"
    token = LinkToken(room.id, call.key.id, person_id(call, known), body.name, body.host, int(ends))
    signed = link_token.sign(token, call.services.link_key)
    return PersonalLink(link=f"{call.public_url}/r/{room.code}#link={signed}", expires_at=token.expires)


@endpoints.add(
    "POST", "/api/rooms/by-link", access=Access.ANYONE, body=OpenLink, reply=LinkPreview, errors=(403, 404, 410, 429)
)  # fmt: skip
async def by_link(call: Call, body: OpenLink) -> LinkPreview:
    """Preview a room before joining by a personal link, and see as whom."""
    room = await at_the_door(call, body.code)
    found = await check_link(call, body.link_token.get_secret_value(), room)
    who = {"name": found.name, "host": found.host, "avatar_colour": colour_of(found.person)}
    return preview(LinkPreview, room, found.person, sign_in_required=False, **who)
