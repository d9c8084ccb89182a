"""Administrators, and keys by which programs use the API."""

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN administrator_at {time}",
    """
    CREATE TABLE api_keys (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created_at {time} NOT NULL,
        last_used_at {time}
    )
    """,
    "CREATE UNIQUE INDEX api_keys_name ON api_keys (name)",
    "CREATE UNIQUE INDEX api_keys_token_hash ON api_keys (token_hash)",
)
