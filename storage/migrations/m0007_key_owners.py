"""Keys with an owner and an end; the scopes for all calls of the server get names of their own."""

STATEMENTS = (
    "ALTER TABLE api_keys ADD COLUMN owner_id TEXT REFERENCES users (id) ON DELETE CASCADE",
    "ALTER TABLE api_keys ADD COLUMN expires_at {time}",
    "CREATE INDEX api_keys_owner_id ON api_keys (owner_id)",
    "UPDATE api_keys SET scopes = replace(replace(scopes, 'rooms.read', 'calls.read'), 'rooms.write', 'calls.write')",
)
