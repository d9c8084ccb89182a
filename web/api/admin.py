"""`/api/admin`: for administrators, and for programs with an API key."""

from signaling.messages import End
from signaling.rooms.room import Room
from signaling.version import version
from storage.errors import StorageUnavailableError
from web.api.admin_models import (
    MOST_USERS,
    AdminFinding,
    AdminFindings,
    AdministratorRight,
    AdminPerson,
    AdminProblem,
    AdminProblems,
    AdminRoom,
    AdminRoomDetails,
    AdminRooms,
    AdminSetting,
    AdminSettings,
    AdminUsers,
    Claim,
    Health,
    UserSearch,
    admin_user,
)
from web.api.endpoint import Access, Call, Endpoints, not_found
from web.api.errors import ApiError
from web.api.people import Account, account
from web.config import Settings
from web.shown_settings import meaning_of, text_of, value_of
from web.traffic import Rates

endpoints = Endpoints("Administration")

_OPERATOR = "administrator"
"""Who ended a call, where that was a program; nobody's id is like it."""


@endpoints.add("POST", "/api/admin/claim", body=Claim, reply=Account, limit="claim-address", errors=(403,))
async def claim(call: Call, body: Claim) -> Account:
    """Become the first administrator, with the token from the link that the server printed at its start."""
    services, user = call.services, call.user.user
    if not await services.first_administrator.claim(body.token.get_secret_value(), user.id, call.now):
        raise ApiError(403, "claim_refused", "This link has been used, or is of an earlier start of the server.")
    found = await services.store.users.by_id(user.id)
    if found is None:
        raise not_found()
    return account(found)


@endpoints.add("GET", "/api/admin/users", access=Access.ADMIN, scope="users.read", query=UserSearch, reply=AdminUsers)
async def users(call: Call, query: UserSearch) -> AdminUsers:
    """List accounts, the newest first."""
    found, count = await call.services.store.users.search(query.text, MOST_USERS, query.offset)
    return AdminUsers(users=[admin_user(user) for user in found], count=count)


async def _other(call: Call) -> str:
    """The user of the path. Raises `ApiError` for the caller's own account, and to programs for administrators'."""
    user_id = call.parameter("id")
    if call.identity is not None:
        if call.identity.user.id == user_id:
            raise ApiError(403, "own_account", "Another administrator has to do this to your account.")
        return user_id
    user = await call.services.store.users.by_id(user_id)
    if user is not None and user.administrator_at is not None:
        raise ApiError(403, "not_allowed", "Programs can't change administrators' accounts.")
    return user_id


@endpoints.add("POST", "/api/admin/users/{id}/disable", access=Access.ADMIN, scope="users.write", errors=(404,))
async def disable(call: Call) -> None:
    """Lock an account, and end its log-ins and calls."""
    user_id = await _other(call)
    if not await call.services.store.users.disable(user_id, call.now):
        raise not_found()
    call.services.calls.sign_out(user_id)


@endpoints.add("POST", "/api/admin/users/{id}/enable", access=Access.ADMIN, scope="users.write", errors=(404,))
async def enable(call: Call) -> None:
    """Unlock an account."""
    if not await call.services.store.users.enable(await _other(call)):
        raise not_found()


@endpoints.add("DELETE", "/api/admin/users/{id}", access=Access.ADMIN, scope="users.write", errors=(404,))
async def delete(call: Call) -> None:
    """Delete an account with its rooms and their chats, for good."""
    user_id = await _other(call)
    if not await call.services.store.users.delete(user_id, call.now):
        raise not_found()
    call.services.calls.sign_out(user_id)


@endpoints.add(
    "PUT", "/api/admin/users/{id}/administrator", access=Access.ADMIN, body=AdministratorRight, errors=(404,)
)
async def set_administrator(call: Call, body: AdministratorRight) -> None:
    """Make somebody an administrator, or no longer. API keys can't, or they could give themselves all rights."""
    since = call.now if body.administrator else None
    if not await call.services.store.users.set_administrator(await _other(call), since):
        raise not_found()


@endpoints.add("GET", "/api/admin/rooms", access=Access.ADMIN, scope="calls.read", reply=AdminRooms)
async def rooms(call: Call) -> AdminRooms:
    """List the rooms that somebody is in, the largest first."""
    rates = call.services.traffic.rates()
    used = [room for room in call.services.signaling.registry.rooms if room.participants or room.admission.visitors]
    return AdminRooms(rooms=[_room(room, rates) for room in sorted(used, key=lambda each: -len(each.participants))])


@endpoints.add(
    "GET", "/api/admin/rooms/{id}", access=Access.ADMIN, scope="calls.read", reply=AdminRoomDetails, errors=(404,)
)
async def room(call: Call) -> AdminRoomDetails:
    """Show a room in use, and who is in it."""
    found = call.services.calls.live(call.parameter("id"))
    if found is None:
        raise not_found()
    rates = call.services.traffic.rates()
    people = []
    for participant in found.participants.values():
        shown, rate = participant.describe(), rates.get(participant.id)
        people.append(
            AdminPerson(
                id=shown.id,
                name=shown.name,
                guest=shown.guest,
                host=shown.host,
                connection=participant.connection,
                quality=participant.quality,
                publishes=sorted(participant.publications),
                received=None if rate is None else rate.received,
                sent=None if rate is None else rate.sent,
            )
        )
    return AdminRoomDetails(**_room(found, rates).model_dump(), participants=people)


def _room(room: Room, rates: dict[str, Rates]) -> AdminRoom:
    known = [rates[member] for member in room.participants if member in rates]
    return AdminRoom(
        id=room.id,
        code=room.code,
        title=room.info.title,
        locked=room.info.locked,
        people=len(room.participants),
        waiting=len(room.admission.visitors),
        poor=sum(participant.quality != "good" for participant in room.participants.values()),
        received=sum(rate.received for rate in known) if known else None,
        sent=sum(rate.sent for rate in known) if known else None,
    )


@endpoints.add("POST", "/api/admin/rooms/{id}/end", access=Access.ADMIN, scope="calls.write", errors=(404,))
async def end(call: Call) -> None:
    """End the call in a room for everyone. The room stays."""
    found = call.services.calls.live(call.parameter("id"))
    if found is None:
        raise not_found()
    by = _OPERATOR if call.identity is None else call.identity.user.id
    await call.services.calls.moderate(found.id, by, End(), moderates=True)


@endpoints.add("DELETE", "/api/admin/rooms/{id}", access=Access.ADMIN, scope="calls.write", errors=(404,))
async def close(call: Call) -> None:
    """Close a room for good, and disconnect everyone in it."""
    if not await call.services.calls.destroy(call.parameter("id")):
        raise not_found()


@endpoints.add("GET", "/api/admin/settings", access=Access.ADMIN, scope="server.read", reply=AdminSettings)
async def settings(call: Call) -> AdminSettings:
    """List the server's settings, without secrets."""
    current, defaults = call.services.settings, Settings.model_fields
    return AdminSettings(
        settings=[
            AdminSetting(
                name=name,
                value=text_of(value_of(current, name)),
                changed=getattr(current, name) != field.default,
                meaning=meaning_of(name).replace("`", ""),
            )
            for name, field in defaults.items()
        ]
    )


@endpoints.add("GET", "/api/admin/health", access=Access.ADMIN, scope="server.read", reply=Health)
async def health(call: Call) -> Health:
    """Show how the server is, and how much it has to do."""
    services = call.services
    used = [room for room in services.signaling.registry.rooms if room.participants]
    database = await services.readiness.database()
    try:
        accounts = await services.store.users.count() if database else None
    except StorageUnavailableError:
        accounts = None
    tls = services.tls
    return Health(
        version=version(),
        started_at=services.started_at,
        database=database,
        rooms=len(used),
        people=sum(len(room.participants) for room in used),
        media_connections=len(services.media.relay.transports),
        accounts=accounts,
        unwritten=services.calls.unwritten,
        certificate_ends=None if tls is None else tls.watch.current.ends.timestamp(),
        certificate_problem=None if tls is None or tls.renewal is None else tls.renewal.problem,
    )


@endpoints.add("GET", "/api/admin/findings", access=Access.ADMIN, scope="server.read", reply=AdminFindings)
async def findings(call: Call) -> AdminFindings:
    """Check the server and its surroundings, as `milanio doctor` does. This takes some seconds."""
    found = await call.services.findings.get()
    return AdminFindings(
        findings=[
            AdminFinding(
                check=each.check,
                level=each.level,
                text=each.text,
                advice=each.advice,
                code=each.code,
                values=dict(each.values),
            )
            for each in found
        ]
    )


@endpoints.add("GET", "/api/admin/problems", access=Access.ADMIN, scope="server.read", reply=AdminProblems)
async def problems(call: Call) -> AdminProblems:
    """List the latest warnings and errors of the log since the server started."""
    return AdminProblems(
        problems=[
            AdminProblem(at=each.at, level=each.level, source=each.source, text=each.text)
            for each in call.services.problems.latest()
        ]
    )
