"""`/api/admin/keys`: API keys, for administrators; no key can make or revoke keys."""

from storage.errors import NameTakenError
from web.api.admin_models import AdminKeys, MadeKey, NewKey, admin_key
from web.api.endpoint import Access, Call, Endpoints, not_found
from web.api.errors import ApiError

endpoints = Endpoints("API keys")


@endpoints.add("GET", "/api/admin/keys", access=Access.ADMIN, reply=AdminKeys)
async def keys(call: Call) -> AdminKeys:
    """List the API keys of all administrators and of the operator."""
    return AdminKeys(keys=[admin_key(key) for key in await call.services.store.api_keys.list()])


@endpoints.add("POST", "/api/admin/keys", access=Access.ADMIN, body=NewKey, reply=MadeKey, status=201, errors=(409,))
async def make(call: Call, body: NewKey) -> MadeKey:
    """Make an API key. The answer has it, and nothing shows it again.

    It stops working when it expires or is revoked, when your account is disabled, and, but for `rooms` and `join`, when
    you are no longer an administrator.
    """
    name = body.name.strip()
    fields = {}
    if not name or not name.isprintable():
        fields["name"] = "Enter a line of text."
    if body.expires_at is not None and body.expires_at <= call.now:
        fields["expires_at"] = "Enter a time in the future."
    if fields:
        raise ApiError(422, "invalid", "Some fields are invalid.", fields)
    try:
        token = await call.services.store.api_keys.create(
            name, set(body.scopes), call.now, call.user.user.id, body.expires_at
        )
    except NameTakenError:
        raise ApiError(
            409,
            "name_taken",
            "There is already a key with this name.",
            {"name": "There is already a key with this name."},
        ) from None
    return MadeKey(token=token)


@endpoints.add("DELETE", "/api/admin/keys/{id}", access=Access.ADMIN, errors=(404,))
async def revoke(call: Call) -> None:
    """Revoke an API key, which is invalid at once. Calls that it let people into go on."""
    if not await call.services.store.api_keys.revoke_id(call.parameter("id")):
        raise not_found()
