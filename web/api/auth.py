"""`/api/auth`: register, verify an address, log in and out, and reset a forgotten password."""

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
        Password | None, Field(description="the one chosen at sign-up; without it, the answer is `password_needed`")
    ] = None


class OwnAddress(Body):
    """Body of `POST /api/auth/resend` and `POST /api/auth/forgot`."""

    email: Address


class NewPasswordByToken(Body):
    """Body of `POST /api/auth/reset`."""

    token: Token
    password: NewPassword


class Registered(Reply):
    """What comes next: confirming the address, or logging in."""

    verification: Literal["mailed", "not_needed"]


class Accepted(Reply):
    """If the address is known, a mail is on its way."""

    status: Literal["accepted"] = "accepted"


class Tokens(Reply):
    """The tokens that authenticate a client of the API."""

    access_token: Annotated[str, Field(description="for the header `Authorization: Bearer …`")]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 — a kind of token, not a token
    expires_in: Annotated[int, Field(description="seconds until the access token expires")]
    refresh_token: Annotated[str, Field(description="works once, for `POST /api/auth/refresh`")]


class Session(Reply):
    """The user that a request comes from."""

    user: Annotated[Account | None, Field(description="null: not logged in")]


class LoggedIn(Tokens):
    """Tokens and their user."""

    user: Account


@endpoints.add(
    "POST", "/api/auth/register", access=Access.PUBLIC, limit="register-address", body=Registration, reply=Registered,
    status=201, errors=(403, 409),
)  # fmt: skip
async def register(call: Call, body: Registration) -> Registered:
    """Register.

    If the server sends mail, the account only exists once the address is confirmed by the link mailed to it. Several
    people may register with one address; each link confirms its own registration. The answer is the same whether or
    not the address has an account; its owner is told by mail.

    Without mail, addresses aren't confirmed: you can log in at once, a taken address is answered with 409, and the
    account never counts as the owner of its address (see invitations).
    """
    services = call.services
    if services.settings.registration == "closed":
        raise ApiError(403, "registration_closed", "Sign-up is closed here. Ask the administrator.")
    if services.settings.smtp is None:
        return await _register_unverified(call, body)
    # Each registration sends a mail to someone who may not have asked for it.
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
    """Confirm an address with the token that was mailed to it, and log in.

    This needs the password of the registration that the mail was sent for: someone else may have registered with the
    address, and clicking their link must not let them in. All earlier log-ins end, and all other registrations with
    this address become void.
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
    """Request another mail to verify an address.

    The answer is the same whether or not someone has registered with it, and whether or not it is verified.
    """
    return await _mail_token(call, body.email, MailKind.VERIFY)


@endpoints.add(
    "POST", "/api/auth/forgot", access=Access.PUBLIC, limit="mail-address", body=OwnAddress, reply=Accepted, status=202
)
async def forgot(call: Call, body: OwnAddress) -> Accepted:
    """Request a mail with a link to choose a new password.

    The answer is the same whether or not someone has registered with this address.
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
    """Choose a new password with the token from a mail.

    All log-ins end, and the calls joined from them. The address counts as verified from then on.
    """
    services, token = call.services, body.token.get_secret_value()
    # Checked first: hashing is expensive, and made-up tokens are cheap.
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
    """Log in with email address and password.

    Browsers keep the cookie of the new log-in, other clients the tokens. It ends the browser's previous log-in. A
    second cookie marks browsers in which the same person has logged in before: such log-ins go first, and other
    people's attempts with the address or from the same network don't count against them.
    """
    services, email = call.services, _normal(body.email)
    mailing = services.settings.smtp is not None
    device = services.devices.of(call.request)
    if device is None:
        _limit_strangers(call, email or body.email)
    found = await services.store.users.log_in_hash(email, call.now, mailing=mailing) if email else None
    if device is not None and (found is None or not services.devices.is_of(device, found[0].id)):
        device = None  # someone else's
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
    """Count a mail to an address; separately if its owner has logged in with this browser before."""
    device = call.services.devices.of(call.request)
    user = None if device is None else await call.services.store.users.by_email(email)
    if device is not None and user is not None and call.services.devices.is_of(device, user.id):
        call.limit("mail-device", device.id)
    else:
        call.limit("mail-account", email)


async def _log_in(call: Call, user: User, hashed: str) -> LoggedIn:
    """Make a new log-in for a user whose password matches `hashed`."""
    services = call.services
    try:
        issued = await services.store.tokens.issue_session(
            user.id, call.now, SESSION_LIFETIME, user_agent(call), call.client.address, password_hash=hashed
        )
    except NotFoundError:
        raise _bad_credentials() from None  # deleted, disabled or given another password since it was read
    await _end_former(call)
    await cookies.set_log_in(call.request, cookies.LogIn(user.id, issued.session.id))
    services.devices.remember(call.request, user.id, call.now)
    return LoggedIn(**_tokens(call, issued).model_dump(), user=account(user))


def _usable(hashed: str) -> str | None:
    """Return the hash; None for a registration that hasn't been confirmed."""
    return None if hashed == UNCONFIRMED else hashed


def _normal(email: str) -> str:
    """Normalise an address as at registration; empty if it is invalid, and so nobody's."""
    try:
        return check_address(email.strip(" "))
    except MailError:
        return ""


async def _renewed(call: Call, user: User, password: str, source: Source) -> str:
    """Return the user's hash, renewed if the old one was made with another cost."""
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
    """Return the client's User-Agent, as text that can be stored."""
    return call.request.headers.get("User-Agent", "").encode("utf-8", "replace").decode().replace("\0", "")


@endpoints.add(
    "POST", "/api/auth/refresh", access=Access.PUBLIC, limit="refresh-address", body=RefreshToken, reply=Tokens,
    errors=(401,),
)  # fmt: skip
async def refresh(call: Call, body: RefreshToken) -> Tokens:
    """Get a new access token for a refresh token, and the next refresh token.

    Each refresh token is valid once. If one is used a second time, it was copied, and the log-in ends for all its
    holders.
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
    """Show who I am.

    Unlike for the profile, it's no error not to be logged in: a page can't read its cookie, so it asks this first.
    """
    return Session(user=None if call.identity is None else account(call.identity.user))


@endpoints.add("POST", "/api/auth/logout", access=Access.ANYONE)
async def logout(call: Call) -> None:
    """Log out: the cookie, the access token and the refresh token end at once, and so do the calls joined with them.

    Does nothing if you aren't logged in.
    """
    if call.identity is not None:
        user, session = call.identity.user, call.identity.session
        await call.services.store.tokens.revoke(user.id, session, call.now)
        call.services.calls.sign_out(user.id, session=session)
    await cookies.forget(call.request)
