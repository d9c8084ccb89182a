"""`/api/users`: your own profile, password and picture, and everyone's pictures."""

import hashlib

from aiohttp import web
from pydantic import SecretStr

from storage.records import Avatar, Profile, User
from web import avatars
from web.api import mails
from web.api.endpoint import RETRY_SECONDS, Access, Body, Call, Endpoints, not_found, not_signed_in
from web.api.errors import ApiError, read_bytes
from web.api.fields import Colour, Name, NewPassword, Password, Theme
from web.api.people import Account, account
from web.avatars import BadPictureError, NotAPictureError, TooManyPicturesError
from web.security import cookies
from web.security.passwords import Source

endpoints = Endpoints("Profile")


class ProfileChanges(Body):
    """Body of `PUT /api/users/profile`. What is left out, or null, stays as it is."""

    name: Name | None = None
    avatar_colour: Colour | None = None
    theme: Theme | None = None


class PasswordChange(Body):
    """Body of `PUT /api/users/password`."""

    current: Password
    new: NewPassword


class Deletion(Body):
    """Body of `DELETE /api/users/profile`."""

    password: Password


@endpoints.add("GET", "/api/users/profile", reply=Account)
async def profile(call: Call) -> Account:
    """Read my profile."""
    return account(call.user.user)


@endpoints.add("PUT", "/api/users/profile", body=ProfileChanges, reply=Account)
async def change_profile(call: Call, body: ProfileChanges) -> Account:
    """Change my name, avatar colour or theme."""
    changes: Profile = {}
    if body.name is not None:
        changes["name"] = body.name
    if body.avatar_colour is not None:
        changes["avatar_colour"] = body.avatar_colour
    if body.theme is not None:
        changes["theme"] = body.theme
    return _still_there(await call.services.store.users.update_profile(call.user.user.id, **changes))


def _still_there(user: User | None) -> Account:
    if user is None:
        raise not_signed_in()  # deleted since the request began
    return account(user)


@endpoints.add("PUT", "/api/users/password", body=PasswordChange, errors=(403, 429))
async def change_password(call: Call, body: PasswordChange) -> None:
    """Change my password. All my other log-ins end, and the calls joined from there."""
    services, user, here = call.services, call.user.user, call.user.session
    await _confirm(call, body.current, "current")
    hashed = await services.passwords.hash(body.new.get_secret_value(), Source(user.id, known=True))
    changed = await services.store.users.set_password(
        user.id, hashed, call.now, keep=here, was=user.password_hash, mail=mails.password_changed
    )
    if not changed:
        raise _wrong_password("current")  # changed elsewhere since the request began
    services.mail.wake()
    services.calls.sign_out(user.id, keep=here)


@endpoints.add("DELETE", "/api/users/profile", body=Deletion, errors=(403, 429))
async def delete(call: Call, body: Deletion) -> None:
    """Delete my account, with my rooms and their chats.

    My messages in other people's rooms stay there as deleted ones, without text and name.
    """
    user = call.user.user
    await _confirm(call, body.password, "password")
    await call.services.store.users.delete(user.id, call.now)
    call.services.calls.sign_out(user.id)
    await cookies.forget(call.request)
    call.services.devices.forget(call.request)


async def _confirm(call: Call, password: SecretStr, field: str) -> None:
    """Raises `ApiError` unless it is the caller's password. Someone at an unattended browser can't guess faster than
    others, and strangers' attempts don't keep the owner from changing the password.
    """
    user = call.user.user
    call.limit("login-device", user.id)
    source = Source(user.id, known=True)
    if not await call.services.passwords.verify(password.get_secret_value(), user.password_hash, source):
        raise _wrong_password(field)
    call.services.limits.clear("login-device", user.id)


def _wrong_password(field: str) -> ApiError:
    text = "Wrong password."
    return ApiError(403, "wrong_password", text, {field: text})


@endpoints.add(
    "PUT",
    "/api/users/avatar",
    reply=Account,
    takes=("image/png", "image/jpeg", "image/webp", "image/gif"),
    errors=(415, 429),
)
async def set_avatar(call: Call) -> Account:
    """Set my picture: a PNG, JPEG, WebP or GIF of 4 MB and 40 million pixels at most.

    The middle of it is kept, encoded again with 256 by 256 pixels; metadata is dropped. The format is found from the
    content, not from the media type.
    """
    services, user = call.services, call.user.user
    call.limit("upload-account", user.id)
    upload = await read_bytes(call.request, avatars.MAX_UPLOAD)
    try:
        picture = await services.avatars.make(upload)
    except NotAPictureError as error:
        raise ApiError(415, "not_a_picture", str(error)) from None
    except BadPictureError as error:
        raise ApiError(422, "bad_picture", str(error)) from None
    except TooManyPicturesError:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise ApiError(
            503, "busy", "Too many pictures are being processed. Try again in a moment.", headers=headers
        ) from None
    return _still_there(await services.store.users.set_avatar(user.id, Avatar(picture, avatars.TYPE)))


@endpoints.add("DELETE", "/api/users/avatar", reply=Account)
async def remove_avatar(call: Call) -> Account:
    """Remove my picture."""
    return _still_there(await call.services.store.users.set_avatar(call.user.user.id, None))


@endpoints.add("GET", "/api/users/{id}/avatar", access=Access.PUBLIC, media=avatars.TYPE, errors=(304,))
async def avatar(call: Call) -> web.Response:
    """Get a user's picture."""
    picture = await call.services.store.users.avatar(call.parameter("id"))
    if picture is None:
        raise not_found()
    tag = hashlib.sha256(picture.data).hexdigest()[:32]
    # Cached, but revalidated each time: a removed picture is gone at once.
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}
    if any(each.value in (tag, "*") for each in call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=picture.data, content_type=picture.type, headers=headers)
