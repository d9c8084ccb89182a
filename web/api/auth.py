"""`/api/auth`: register, verify an address, log in and out, and what to do about a forgotten password."""

from typing import Annotated, Literal

from pydantic import Field

from storage.errors import EmailTakenError, NotFoundError, TokenInvalidError, TokenReusedError
from storage.records import IssuedSession, User
from storage.repositories.users import UNCONFIRMED
from web.api import mails
from web.api.endpoint import Access, Body, Call, Endpoints, Reply
from web.api.errors import ApiError
from web.api.fields import Address, Name, NewPassword, Password, Token
from web.api.people import Account, account
from web.mail import MailError, MailKind, check_address
from web.security import access_token, cookies
from web.security.identity import SESSION_LIFETIME, by_cookie
from web.security.passwords import Source, TooBusyError

endpoints = Endpoints("Log-in")


class Registration(Body):
    """Body of `POST /api/auth/register`."""

    email: Address
    name: Name
    password: NewPassword


class Credentials(Body):
    """Body of `POST /api/auth/login`."""

    email: Annotated[str, Field(max_length=1024, description="email address")]
    password: Password


class RefreshToken(Body):
    """Body of `POST /api/auth/refresh`."""

    refresh_token: Token


class Confirmation(Body):
    """Body of `POST /api/auth/verify`."""

    token: Token
    password: Annotated[
        Password | None, Field(description="the one chosen at sign-up; without it the answer is `password_needed`")
    ] = None


class OwnAddress(Body):
    """Body of `POST /api/auth/resend` and `POST /api/auth/forgot`."""

    email: Address


class NewPasswordByToken(Body):
    """Body of `POST /api/auth/reset`."""

    token: Token
    password: NewPassword


class Registered(Reply):
    """What comes next: a mail with a link, or the log-in."""

    verification: Literal["mailed", "not_needed"]


class Accepted(Reply):
    """If there is somebody to get a mail, it is on its way."""

    status: Literal["accepted"] = "accepted"


class Tokens(Reply):
    """What a client of the API shows from now on."""

    access_token: Annotated[str, Field(description="for the header `Authorization: Bearer …`")]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 — the name of a kind
    expires_in: Annotated[int, Field(description="seconds until the access token expires")]
    refresh_token: Annotated[str, Field(description="works once, for `POST /api/auth/refresh`")]


class Session(Reply):
    """Who a request comes from."""

    user: Annotated[Account | None, Field(description="null: not logged in")]


class LoggedIn(Tokens):
    """Tokens, and whose they are."""

    user: Account


@endpoints.add(
    "POST", "/api/auth/register", access=Access.PUBLIC, limit="register-address", body=Registration, reply=Registered,
    status=201, errors=(403, 409),
)  # fmt: skip
async def register(call: Call, body: Registration) -> Registered:
    """Register.

    Where mail is set up, nothing exists until the address is confirmed by the link that is mailed to it. Several
    people may register with one address; only the link's own registration counts in the end. The answer is the same
    whether or not the address has an account, and its owner is told by mail.

    Without mail nobody confirms anything: you can log in at once, a taken address is answered by 409, and the account
    is never taken for the owner of its address (see invitations).
    """
    services = call.services
    if services.settings.registration == "closed":
        raise ApiError(403, "registration_closed", "Sign-up is closed here. Ask the administrator.")
    if services.settings.smtp is None:
        return await _register_unverified(call, body)
    # Each registration is a mail to somebody who perhaps never asked for it.
    call.limit("mail-account", body.email)
    hashed = await services.passwords.hash(body.password.get_secret_value(), Source(call.address_key))
    await services.store.users.register(
        body.email, body.name, hashed, call.now, mails.VERIFY_LIFETIME,
        mails.with_link(call, MailKind.VERIFY), mails.already_registered,
    )  # fmt: skip
    services.mail.wake()
    return Registered(verification="mailed")


async def _register_unverified(call: Call, body: Registration) -> Registered:
    services = call.services
    hashed = await services.passwords.hash(body.password.get_secret_value(), Source(call.address_key))
    try:
        await services.store.users.create(body.email, body.name, hashed, call.now)
    except EmailTakenError:
        text = "This email already has an account."
        raise ApiError(409, "email_taken", text, {"email": text}) from None
    return Registered(verification="not_needed")


@endpoints.add(
    "POST", "/api/auth/verify", access=Access.PUBLIC, limit="mail-token-address", body=Confirmation, reply=LoggedIn,
    errors=(403, 404),
)  # fmt: skip
async def verify(call: Call, body: Confirmation) -> LoggedIn:
    """Confirm an address by the token that was mailed to it, and log in.

    It takes the password of the registration that the mail was sent for: somebody else may have registered with the
    address, and a press on their link must not let them in. Every log-in from before ends, and all other registrations
    with this address are void.
    """
    services, users, token = call.services, call.services.store.users, body.token.get_secret_value()
    hashed = await users.unconfirmed_hash(token, call.now)
    if hashed is None:
        raise _bad_link()
    if body.password is None:
        raise ApiError(403, "password_needed", "Enter the password you chose when you signed up.")
    source = Source(call.address_key)
    if not await services.passwords.verify(body.password.get_secret_value(), _usable(hashed), source):
        text = "Wrong password. Sign up again, or choose a new password."
        raise ApiError(403, "wrong_password", text, {"password": text})
    try:
        user = await users.confirm(token, hashed, call.now)
    except TokenInvalidError:
        raise _bad_link() from None
    services.calls.sign_out(user.id)
    return await _log_in(call, user, hashed)


@endpoints.add(
    "POST", "/api/auth/resend", access=Access.PUBLIC, limit="mail-address", body=OwnAddress, reply=Accepted, status=202
)
async def resend(call: Call, body: OwnAddress) -> Accepted:
    """Ask for another mail to verify an address.

    The answer is the same whether or not somebody has registered with it, and whether or not it is verified.
    """
    return await _mail_token(call, body.email, MailKind.VERIFY)


@endpoints.add(
    "POST", "/api/auth/forgot", access=Access.PUBLIC, limit="mail-address", body=OwnAddress, reply=Accepted, status=202
)
async def forgot(call: Call, body: OwnAddress) -> Accepted:
    """Ask for a mail with a link to choose a new password.

    The answer is the same whether or not somebody has registered with this address.
    """
    return await _mail_token(call, body.email, MailKind.RESET)


async def _mail_token(call: Call, email: str, kind: Literal[MailKind.VERIFY, MailKind.RESET]) -> Accepted:
    await _limit_mail(call, email)
    purpose: Literal["verify", "reset"] = "verify" if kind is MailKind.VERIFY else "reset"
    lifetime = mails.VERIFY_LIFETIME if kind is MailKind.VERIFY else mails.RESET_LIFETIME
    users = call.services.store.users
    await users.mail_token(email, purpose, call.now, lifetime, mails.with_link(call, kind))
    call.services.mail.wake()
    return Accepted()


@endpoints.add(
    "POST", "/api/auth/reset", access=Access.PUBLIC, limit="mail-token-address", body=NewPasswordByToken, errors=(404,)
)
async def reset(call: Call, body: NewPasswordByToken) -> None:
    """Choose a new password by the token that was mailed.

    Every log-in ends, wherever it was, and the calls joined from there. The address counts as verified.
    """
    services, token = call.services, body.token.get_secret_value()
    # Looked at first: hashing is dear, and made-up tokens are cheap.
    if not await services.store.tokens.is_usable(token, "reset", call.now):
        raise _bad_link()
    hashed = await services.passwords.hash(body.password.get_secret_value(), Source(call.address_key))
    try:
        user_id = await services.store.users.reset_password(token, hashed, call.now, mails.password_changed)
    except TokenInvalidError:
        raise _bad_link() from None
    services.mail.wake()
    services.calls.sign_out(user_id)


def _bad_link() -> ApiError:
    return ApiError(404, "bad_token", "This link has expired or was already used.")


@endpoints.add(
    "POST", "/api/auth/login", access=Access.PUBLIC, body=Credentials, reply=LoggedIn,
    errors=(401, 429),
)  # fmt: skip
async def login(call: Call, body: Credentials) -> LoggedIn:
    """Log in, by email address and password.

    One log-in, of which a browser keeps the cookie and a client of the API the tokens. It ends the one that the browser
    had before. Where the same person has logged in before, a second cookie says so: such log-ins go first, and what
    others try with the address or from the same network doesn't count against them.
    """
    services, email = call.services, _normal(body.email)
    mailing = services.settings.smtp is not None
    device = services.devices.of(call.request)
    if device is None:
        _limit_strangers(call, email or body.email)
    found = await services.store.users.log_in_hash(email, call.now, mailing=mailing) if email else None
    if device is not None and (found is None or not services.devices.is_of(device, found[0].id)):
        device = None  # of somebody else
        _limit_strangers(call, email or body.email)
    if device is not None:
        call.limit("login-device", device.id)
    password = body.password.get_secret_value()
    source = Source(call.address_key) if device is None else Source(device.id, known=True)
    right = await services.passwords.verify(password, None if found is None else _usable(found[1]), source)
    if found is None or not right or found[0].disabled_at is not None:
        raise _bad_credentials()
    user = found[0]
    if user.verified_at is None and mailing:
        raise ApiError(403, "not_verified", "Your email isn't confirmed yet. Use the link we sent.")
    hashed = await _renewed(call, user, password, source)
    answer = await _log_in(call, user, hashed)
    if device is None:
        services.limits.clear("login-account", email)
    else:
        services.limits.clear("login-device", device.id)
    return answer


def _limit_strangers(call: Call, email: str) -> None:
    call.limit("login-address")
    call.limit("login-account", email)


async def _limit_mail(call: Call, email: str) -> None:
    """Count a mail for an address: apart, where its owner has logged in with this browser before."""
    device = call.services.devices.of(call.request)
    user = None if device is None else await call.services.store.users.by_email(email)
    if device is not None and user is not None and call.services.devices.is_of(device, user.id):
        call.limit("mail-device", device.id)
    else:
        call.limit("mail-account", email)


async def _log_in(call: Call, user: User, hashed: str) -> LoggedIn:
    """A new log-in for somebody whose password was found to match `hashed`."""
    services = call.services
    try:
        issued = await services.store.tokens.issue_session(
            user.id, call.now, SESSION_LIFETIME, user_agent(call), call.client.address, password_hash=hashed
        )
    except NotFoundError:
        raise _bad_credentials() from None  # deleted, disabled or with another password since it was read
    await _end_former(call)
    await cookies.set_log_in(call.request, cookies.LogIn(user.id, issued.session.id))
    services.devices.remember(call.request, user.id, call.now)
    return LoggedIn(**_tokens(call, issued).model_dump(), user=account(user))


def _usable(hashed: str) -> str | None:
    """None for the hash of a registration that is still to be confirmed."""
    return None if hashed == UNCONFIRMED else hashed


def _normal(email: str) -> str:
    """The address as it was registered; empty for what is none, and so nobody's."""
    try:
        return check_address(email.strip(" "))
    except MailError:
        return ""


async def _renewed(call: Call, user: User, password: str, source: Source) -> str:
    """The hash that the user has from now on: another, if the old one was made at another cost."""
    passwords = call.services.passwords
    if not passwords.needs_rehash(user.password_hash):
        return user.password_hash
    try:
        hashed = await passwords.hash(password, source)
    except (TooBusyError, ValueError):
        return user.password_hash
    renewed = await call.services.store.users.rehash(user.id, user.password_hash, hashed)
    return hashed if renewed else user.password_hash


async def _end_former(call: Call) -> None:
    former = await by_cookie(call.request, call.services)
    if former is not None:
        await call.services.store.tokens.revoke(former.user.id, former.session, call.now)
        call.services.calls.sign_out(former.user.id, session=former.session)


def _bad_credentials() -> ApiError:
    return ApiError(401, "bad_credentials", "Wrong email or password.")


def _tokens(call: Call, issued: IssuedSession) -> Tokens:
    session = issued.session
    return Tokens(
        access_token=call.services.access_tokens.sign(session.user_id, session.id, call.now),
        expires_in=access_token.LIFETIME,
        refresh_token=issued.token,
    )


def user_agent(call: Call) -> str:
    """What the client calls itself, as text that can be stored."""
    return call.request.headers.get("User-Agent", "").encode("utf-8", "replace").decode().replace("\0", "")


@endpoints.add(
    "POST", "/api/auth/refresh", access=Access.PUBLIC, limit="refresh-address", body=RefreshToken, reply=Tokens,
    errors=(401,),
)  # fmt: skip
async def refresh(call: Call, body: RefreshToken) -> Tokens:
    """Get a new access token for a refresh token, and the next refresh token.

    Each is good once. One that comes a second time was copied: the log-in ends for all who have one of its tokens.
    """
    services = call.services
    try:
        issued = await services.store.tokens.rotate(
            body.refresh_token.get_secret_value(), call.now, SESSION_LIFETIME, user_agent(call), call.client.address
        )
    except TokenReusedError as reused:
        services.calls.sign_out(reused.user_id, session=reused.family_id)
        raise _bad_refresh_token() from None
    except TokenInvalidError:
        raise _bad_refresh_token() from None
    return _tokens(call, issued)


def _bad_refresh_token() -> ApiError:
    return ApiError(401, "bad_refresh_token", "Log in again.")


@endpoints.add("GET", "/api/auth/session", access=Access.ANYONE, reply=Session)
async def session(call: Call) -> Session:
    """Ask who I am.

    Unlike the profile it is no error to be nobody: a page can't see its cookie, and asks this first.
    """
    return Session(user=None if call.identity is None else account(call.identity.user))


@endpoints.add("POST", "/api/auth/logout", access=Access.ANYONE)
async def logout(call: Call) -> None:
    """Log out: the cookie, the access token and the refresh token end at once, and the calls joined with them.

    Nothing to do for who isn't logged in (any more).
    """
    if call.identity is not None:
        user, session = call.identity.user, call.identity.session
        await call.services.store.tokens.revoke(user.id, session, call.now)
        call.services.calls.sign_out(user.id, session=session)
    await cookies.forget(call.request)
