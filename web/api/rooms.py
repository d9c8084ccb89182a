"""`/api/rooms`: create, manage and join rooms."""

import hashlib
import secrets
from dataclasses import replace
from typing import Any, TypeVar

from signaling import join_token
from signaling.codes import make_code
from signaling.errors import RoomError
from signaling.join_token import JoinToken
from signaling.limits import MAX_PARTICIPANTS
from signaling.messages import End, ErrorCode, Rights
from signaling.rooms.lifecycle import LIVE
from signaling.rooms.moderation import RoomAction
from signaling.rooms.participant import Person
from signaling.rooms.room import NeedsToWaitError
from signaling.rooms.room import Room as LiveRoom
from signaling.version import FEATURES
from storage import records
from storage.errors import CodeTakenError
from web.api.endpoint import Access, Call, Endpoints, not_found
from web.api.errors import ApiError
from web.api.link_check import check_link
from web.api.people import account, colour_of
from web.api.room_models import (
    GUEST_TTL,
    Joined,
    JoinRoom,
    MyRooms,
    Role,
    RoomDetails,
    RoomParticipant,
    RoomParticipants,
    RoomPreview,
    RoomSettings,
    RoomsPage,
    RoomToJoin,
    details,
)
from web.room_settings import fill
from web.security import cookies
from web.security.identity import Identity
from web.security.link_token import LinkToken
from web.security.load_test import is_unlimited

endpoints = Endpoints("Rooms")

Preview = TypeVar("Preview", bound=RoomPreview)

_STATUSES: dict[ErrorCode, int] = {"room_full": 409, "too_many": 409, "not_found": 410}


async def role_in(call: Call, room_id: str, owner: str | None) -> Role | None:
    """Return the caller's role in a room. An invited caller becomes a member."""
    if call.identity is None:
        return None
    user, rooms = call.identity.user, call.services.store.rooms
    if owner == user.id:
        return "owner"
    if call.key is not None:
        return None  # a key is for the rooms of its owner only
    role = await rooms.role(room_id, user.id)
    if role is None and await rooms.accept(user.id, user.email, call.now):
        role = await rooms.role(room_id, user.id)
    return role


async def my_room(call: Call, *roles: Role) -> tuple[records.Room, Role]:
    """Return the room of the path, for a caller with one of these roles in it.

    For others, it doesn't exist; members without one of these roles get 403.
    """
    room = await call.services.store.rooms.by_id(call.parameter("id"))
    role = None if room is None else await role_in(call, room.id, room.owner_id)
    if room is None or role is None or room.state == "destroyed":
        raise not_found()
    if role not in roles:
        raise ApiError(403, "not_allowed", f"Only {' or '.join(roles)} can do that.")
    return room, role


async def moderate(call: Call, room: records.Room, role: Role, action: RoomAction) -> None:
    """Do what hosts also do over the WebSocket. Raises `ApiError` with the codes that it has there."""
    try:
        await call.services.calls.moderate(room.id, call.user.user.id, action, moderates=role in ("owner", "host"))
    except RoomError as error:
        raise ApiError(404 if error.code == "not_found" else 403, error.code, str(error)) from None


@endpoints.add(
    "POST", "/api/rooms/create", access=Access.ANYONE, body=RoomSettings, reply=RoomDetails, status=201,
    limit="create-room", errors=(403,), scope="rooms",
)  # fmt: skip
async def create(call: Call, body: RoomSettings) -> RoomDetails:
    """Create a room.

    Guests may too, if the server's settings allow it; nobody owns such a room, and it expires after a day without use.
    A room that a program creates belongs to the owner of its key.
    """
    if call.key is not None:
        call.limit("create-room-key", call.key.id)
    settings = body.given
    owner = None if call.identity is None else call.identity.user.id
    if owner is None:
        if not call.services.settings.guest_rooms:
            raise ApiError(403, "sign_in_required", "Log in to create a room.")
        if body.access == "members":
            fields = {"access": "A room without an owner can't be for members only."}
            raise ApiError(422, "invalid", "Some fields are invalid.", fields)
        settings["ttl_seconds"] = min(body.ttl_seconds or GUEST_TTL, GUEST_TTL)
    room = await _create(call, owner, settings)
    return details(call, room, "owner" if owner is not None else None)


async def _create(call: Call, owner: str | None, settings: dict[str, Any]) -> records.Room:
    while True:
        try:
            return await call.services.store.rooms.create(make_code(), owner, call.now, **settings)
        except CodeTakenError:
            continue


async def at_the_door(call: Call, code: str) -> LiveRoom:
    """Find the room with a code. Raises `ApiError`, the same for all codes that don't exist or never did."""
    room: LiveRoom | records.Room | None = call.services.signaling.registry.find(code)
    if room is None:
        # Looked up before anything is counted: the right code always works, whatever others at the same address
        # guess. This limit on guesses only protects the database.
        call.check_limit("unknown-room-lookup")
        room = await call.services.calls.find(code)
    if room is None:
        account = None if call.identity is None else call.identity.user.id
        call.limit("unknown-room-lookup")
        call.limit("unknown-room")
        if account is not None:
            call.limit("unknown-room-account", account)
        raise ApiError(404, "room_not_found", "This room doesn't exist.")
    call.limit("join-room", f"{call.address_key} {room.id}")
    if isinstance(room, records.Room) or room.state not in LIVE:
        raise ApiError(410, "room_ended", "This room has been closed.")
    return room


@endpoints.add("GET", "/api/rooms/by-code/{code}", access=Access.ANYONE, reply=RoomPreview, errors=(404, 410, 429))
async def by_code(call: Call) -> RoomPreview:
    """Preview a room before joining."""
    room = await at_the_door(call, call.parameter("code"))
    who = await cookies.known_guest(call.request) if call.identity is None else call.identity.user.id
    sign_in_required = room.info.access == "members" and call.identity is None
    return preview(RoomPreview, room, who, sign_in_required=sign_in_required)


def preview(model: type[Preview], room: LiveRoom, who: str | None, **other: Any) -> Preview:
    """Make the preview of a room for the person `who`, None for a stranger; `other` are the model's further fields."""
    inside = room.count_without(Person(who, "")) if who is not None else len(room.participants)
    full = room.info.capacity is not None and inside >= room.info.capacity
    facts = {"full": full or inside >= MAX_PARTICIPANTS, "state": room.state, "participants": len(room.participants)}
    return fill(model, room.info, **facts, **other)


@endpoints.add(
    "POST", "/api/rooms/join", access=Access.ANYONE, body=JoinRoom, reply=Joined,
    errors=(401, 403, 404, 409, 410, 429), scope="join",
)  # fmt: skip
async def join(call: Call, body: JoinRoom) -> Joined:
    """Get a token for a room.

    Errors say why someone with the right code can't join: `sign_in_required`, `members_only`, `room_locked`,
    `room_full`, `removed`, `banned`, `room_ended`. Every other code is answered with `room_not_found`.

    A program gets tokens for people of its own, for rooms of its key's owner. They are let in as members are: without
    waiting, and also where only members can join; with `host`, as hosts.

    People with a personal link, which such a program made for them, are let in the same way by its `link_token`, also
    if they are logged in as somebody else. A link that is no good is answered with `link_expired` or `bad_link`.
    """
    if call.key is None and (body.host or body.person):
        raise ApiError(403, "not_allowed", "Only programs with an API key can say who is host, and who is who.")
    if call.key is not None and body.link_token is not None:
        raise ApiError(403, "not_allowed", "Links are for people: programs let them in without.")
    try:
        return await _admit(call, body)
    except ApiError as error:
        call.services.signaling.joins.refused(error.code)
        raise


async def _admit(call: Call, body: JoinRoom) -> Joined:
    room = await at_the_door(call, body.code)
    if body.link_token is None:
        role = await _role(call, body, room)
        person = await _person(call, body)
    else:
        link = await check_link(call, body.link_token.get_secret_value(), room)
        role = "host" if link.host else "member"
        person = _linked(call, link)
    known = tuple(feature for feature in FEATURES if feature in body.features)
    person = replace(person, device=body.device, features=known, unlimited=is_unlimited(call.request))
    host = role in ("owner", "host")
    needs_admission = room.info.access == "waiting" and role is None
    will_wait = False
    try:
        room.check_entry(person, host=host, needs_admission=needs_admission)
    except NeedsToWaitError:
        will_wait = True
    except RoomError as error:
        raise ApiError(_STATUSES.get(error.code, 403), error.code, str(error)) from None
    room.advance("asked")
    signaling = call.services.signaling
    token = JoinToken(room.id, person, Rights(moderate=host), needs_admission)
    return Joined(
        token=join_token.sign(token, signaling.key, call.now),
        ws_url="/ws",
        waits=will_wait,
        room=fill(RoomToJoin, room.info, id=room.id, code=room.code),
    )


async def _role(call: Call, body: JoinRoom, room: LiveRoom) -> Role | None:
    """Return the role in which someone without a link joins. Raises `ApiError` if the room isn't for them."""
    role = await role_in(call, room.id, room.hosts.owner)
    if call.key is not None:
        if role is None:
            raise ApiError(403, "not_allowed", "This key is only good for rooms of its owner.")
        return "host" if body.host else "member"
    if room.info.access == "members" and role is None:
        if call.identity is None:
            raise ApiError(401, "sign_in_required", "Log in to join this room.")
        raise ApiError(403, "members_only", "Only members can join this room.")
    return role


async def _person(call: Call, body: JoinRoom) -> Person:
    name = body.name
    # Only a digest goes into the token, and others never see it.
    address = _digest(call, call.address_key, 8)
    if call.identity is not None and call.key is None:
        return _user(call.identity, name, address)
    if name is None:
        fields = {"name": "Enter your name."}
        raise ApiError(422, "invalid", "Some fields are invalid.", fields)
    if call.key is not None:
        return _vouched_for(call, body, name)
    guest = await cookies.guest_of(call.request)
    shares = call.services.proxies.share_address(call.request)
    return Person(guest, name, guest=True, address=address, shares_address=shares, colour=colour_of(guest))


def _vouched_for(call: Call, body: JoinRoom, name: str) -> Person:
    """A program's own person, without the address: that of the program says nothing about them."""
    known = f"person {body.person}" if body.person else f"device {body.device or secrets.token_hex(16)}"
    person = person_id(call, known)
    return Person(person, name, guest=True, colour=colour_of(person))


def _linked(call: Call, link: LinkToken) -> Person:
    """The person of a link. Once removed, they shouldn't get in from the same address as a guest without the link."""
    address, shares = _digest(call, call.address_key, 8), call.services.proxies.share_address(call.request)
    colour = colour_of(link.person)
    return Person(link.person, link.name, address=address, shares_address=shares, vouched=True, colour=colour)


def person_id(call: Call, known: str) -> str:
    """Return the `Person.id` of a program's own person, known to it as this; nobody can tell `known` by it."""
    return _digest(call, f"{call.user.user.id} {known}", 16)


def _digest(call: Call, text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), key=call.services.signaling.key, digest_size=size).hexdigest()


def _user(identity: Identity, name: str | None, address: str) -> Person:
    profile = account(identity.user)
    return Person(
        profile.id,
        name or profile.name,
        guest=False,
        session=identity.session,
        address=address,
        avatar=profile.avatar,
        colour=profile.avatar_colour,
    )


@endpoints.add("GET", "/api/rooms", query=RoomsPage, reply=MyRooms, scope="rooms")
async def mine(call: Call, page: RoomsPage) -> MyRooms:
    """List the rooms that you own or belong to. A program gets those that its key's owner owns.

    A room that is used moves to the front, and may so come again on the next page.
    """
    user = call.user.user
    store = call.services.store
    if call.key is None:
        await store.rooms.accept(user.id, user.email, call.now)
    found, count = await store.rooms.of_user(user.id, page.limit, page.offset, owned=call.key is not None)
    return MyRooms(
        rooms=[details(call, room, "owner" if room.owner_id == user.id else role) for room, role in found],
        count=count,
    )


@endpoints.add("GET", "/api/rooms/{id}", reply=RoomDetails, errors=(404,), scope="rooms")
async def show(call: Call) -> RoomDetails:
    """Show a room that you belong to."""
    room, role = await my_room(call, "owner", "host", "member")
    return details(call, room, role)


@endpoints.add("PUT", "/api/rooms/{id}", body=RoomSettings, reply=RoomDetails, errors=(403, 404), scope="rooms")
async def change(call: Call, body: RoomSettings) -> RoomDetails:
    """Change a room's settings, and tell its participants."""
    room, role = await my_room(call, "owner", "host")
    changed = await call.services.calls.change(room.id, body.given)
    if changed is None:
        raise not_found()
    return details(call, changed, role)


@endpoints.add("DELETE", "/api/rooms/{id}", errors=(403, 404), scope="rooms")
async def delete(call: Call) -> None:
    """Delete a room, and disconnect everyone in it."""
    room, _ = await my_room(call, "owner")
    await call.services.calls.destroy(room.id)


@endpoints.add("POST", "/api/rooms/{id}/end", errors=(403, 404), scope="rooms")
async def end(call: Call) -> None:
    """End the call in a room for everyone. The room stays."""
    room, role = await my_room(call, "owner", "host")
    await moderate(call, room, role, End())


@endpoints.add("GET", "/api/rooms/{id}/participants", reply=RoomParticipants, errors=(404,), scope="rooms")
async def participants(call: Call) -> RoomParticipants:
    """List who is in a room now."""
    room, _ = await my_room(call, "owner", "host", "member")
    live = call.services.calls.live(room.id)
    inside = [] if live is None else [participant.describe() for participant in live.participants.values()]
    found = [RoomParticipant(id=each.id, name=each.name, host=each.host, guest=each.guest) for each in inside]
    return RoomParticipants(participants=found)
