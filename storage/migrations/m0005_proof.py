"""What ties registrations and invitations to the right person, and where chat messages were lost."""

STATEMENTS = (
    # The name and password that a registration's link confirms.
    "ALTER TABLE mail_tokens ADD COLUMN name TEXT",
    "ALTER TABLE mail_tokens ADD COLUMN password_hash TEXT",
    "ALTER TABLE room_invitations ADD COLUMN token_hash TEXT",
    "CREATE INDEX room_invitations_token_hash ON room_invitations (token_hash)",
    """
    CREATE TABLE chat_gaps (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        after_id {number} NOT NULL,
        at {time} NOT NULL,
        PRIMARY KEY (room_id, after_id)
    )
    """,
    """
    CREATE TABLE server_runs (
        id TEXT NOT NULL PRIMARY KEY,
        started_at {time} NOT NULL
    )
    """,
)
