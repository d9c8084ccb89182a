"""`/api/rooms/{id}/…`: a room's members, bans, chat and history."""

from signaling.messages import DeleteChat
from web.api import mails
from web.api.endpoint import Call, Endpoints, not_found
from web.api.errors import ApiError
from web.api.room_models import (
    InvitationToken,
    Invite,
    Invited,
    Page,
    RoomBan,
    RoomBans,
    RoomDetails,
    RoomEvent,
    RoomHistory,
    RoomMember,
    RoomMembers,
    RoomMessage,
    RoomMessages,
    details,
    room_link,
)
from web.api.rooms import moderate, my_room, role_in
from web.mail import MailError, check_address

endpoints = Endpoints("Members, bans and chat of rooms")

MAX_INVITATIONS = 1000
"""Invitations to one room that haven't been accepted yet."""

MAX_DIGITS = 16
"""Digits of a message's id."""


@endpoints.add("GET", "/api/rooms/{id}/members", reply=RoomMembers, errors=(403, 404))
async def members(call: Call) -> RoomMembers:
    """List a room's members and invitations."""
    room, _ = await my_room(call, "owner", "host")
    rooms = call.services.store.rooms
    found = [
        RoomMember(
            user_id=member.user_id,
            name=member.name,
            role="owner" if member.user_id == room.owner_id else member.role,
        )
        for member in await rooms.members(room.id)
    ]
    return RoomMembers(members=found, invited=[invitation.email for invitation in await rooms.invitations(room.id)])


@endpoints.add("POST", "/api/rooms/{id}/members", body=Invite, reply=Invited, errors=(403, 404))
async def invite(call: Call, body: Invite) -> Invited:
    """Invite the owner of an address to a room.

    The account that has confirmed the address by mail, now or later, becomes a member, or the first person who logs in
    and opens the link in the answer. If the server sends mail, the link is also mailed to the address. The answer and
    the mail are the same whether or not someone has registered with the address.
    """
    room, _ = await my_room(call, "owner", "host")
    if len(await call.services.store.rooms.invitations(room.id)) >= MAX_INVITATIONS:
        raise ApiError(403, "too_many", "Too many people are already invited.")
    mailed = call.services.settings.smtp is not None and _may_mail(call, body.email)
    compose = mails.invitation(call, room, body.email, body.language) if mailed else None
    token = await call.services.store.rooms.invite(room.id, body.email, body.role, call.now, compose)
    if mailed:
        call.services.mail.wake()
    return Invited(link=f"{room_link(call, room)}#invite={token}", mailed=mailed)


def _may_mail(call: Call, email: str) -> bool:
    """Whether this person may send one more mail to this address."""
    # Separate rules: invitations must never block the mail for a forgotten password.
    rules = (("invitation-mail", call.user.user.id), ("invitation-mail-to", email))
    try:
        for rule, key in rules:
            call.check_limit(rule, key)
    except ApiError:
        return False
    for rule, key in rules:
        call.limit(rule, key)
    return True


@endpoints.add("POST", "/api/rooms/accept", body=InvitationToken, reply=RoomDetails, limit="invitation", errors=(404,))
async def accept(call: Call, body: InvitationToken) -> RoomDetails:
    """Become a member of a room, with the token from an invitation link. Each token works once."""
    user = call.user.user
    room = await call.services.store.rooms.accept_token(user.id, body.token.get_secret_value(), call.now)
    if room is None:
        raise ApiError(404, "bad_invitation", "This invitation has expired or was already used.")
    return details(call, room, await role_in(call, room.id, room.owner_id))


@endpoints.add("DELETE", "/api/rooms/{id}/invitations/{email}", errors=(403, 404))
async def uninvite(call: Call) -> None:
    """Withdraw an invitation."""
    room, _ = await my_room(call, "owner", "host")
    try:
        email = check_address(call.request.match_info["email"])
    except MailError:
        raise not_found() from None
    if not await call.services.store.rooms.uninvite(room.id, email):
        raise not_found()


@endpoints.add("DELETE", "/api/rooms/{id}/members/{user_id}", errors=(403, 404))
async def remove_member(call: Call) -> None:
    """Remove a member from a room. Members can remove themselves."""
    user_id = call.parameter("user_id")
    itself = user_id == call.user.user.id
    room, _ = await my_room(call, "owner", "host", *(("member",) if itself else ()))
    if user_id == room.owner_id:
        raise ApiError(403, "not_allowed", "The owner can't be removed from a room.")
    if not await call.services.calls.remove_member(room.id, user_id):
        raise not_found()


@endpoints.add("GET", "/api/rooms/{id}/bans", reply=RoomBans, errors=(403, 404))
async def bans(call: Call) -> RoomBans:
    """List the bans of a room."""
    room, _ = await my_room(call, "owner", "host")
    await call.services.calls.written()
    found = await call.services.store.rooms.bans(room.id)
    return RoomBans(bans=[RoomBan(person_id=ban.person_id, name=ban.name, banned_at=ban.banned_at) for ban in found])


@endpoints.add("DELETE", "/api/rooms/{id}/bans/{person_id}", errors=(403, 404))
async def unban(call: Call) -> None:
    """Lift a ban."""
    room, _ = await my_room(call, "owner", "host")
    if not await call.services.calls.unban(room.id, call.parameter("person_id")):
        raise not_found()


@endpoints.add("GET", "/api/rooms/{id}/messages", query=Page, reply=RoomMessages, errors=(404,))
async def messages(call: Call, page: Page) -> RoomMessages:
    """List the chat messages of a room that you may read."""
    room, _ = await my_room(call, "owner", "host", "member")
    me = call.user.user.id
    await call.services.calls.written()
    found = await call.services.store.chat.page(room.id, me, page.before, page.limit)
    first = found[0].id if len(found) == page.limit else 0
    gaps = await call.services.store.chat.gaps(room.id)
    return RoomMessages(
        gaps=[gap for gap in gaps if first <= gap and (page.before is None or gap < page.before)],
        messages=[
            RoomMessage(
                id=message.id,
                sender_name=message.sender_name,
                text=message.text,
                private=message.recipient_id is not None,
                mine=message.sender_id == me,
                deleted=message.deleted_at is not None,
                sent_at=message.sent_at,
            )
            for message in found
        ],
    )


@endpoints.add("DELETE", "/api/rooms/{id}/messages/{message}", errors=(403, 404))
async def delete_message(call: Call) -> None:
    """Delete a message for everyone."""
    room, role = await my_room(call, "owner", "host")
    me = call.user.user.id
    text = call.parameter("message")
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS:
        raise not_found()
    await call.services.calls.written()
    message = await call.services.store.chat.by_id(room.id, int(text))
    # What others wrote to each other isn't even there for hosts.
    if message is None or (message.recipient_id is not None and me not in (message.sender_id, message.recipient_id)):
        raise not_found()
    await moderate(call, room, role, DeleteChat(message=message.id))


@endpoints.add("GET", "/api/rooms/{id}/history", query=Page, reply=RoomHistory, errors=(403, 404))
async def history(call: Call, page: Page) -> RoomHistory:
    """List who joined, left and was removed from a room in about the last three months."""
    room, _ = await my_room(call, "owner", "host")
    await call.services.calls.written()
    found = await call.services.store.history.page(room.id, page.before, page.limit)
    return RoomHistory(
        events=[RoomEvent(id=event.id, name=event.name, kind=event.kind, at=event.at) for event in found]
    )
