"""Accounts: users, their sessions, the tokens mailed to them, and outgoing mail."""

STATEMENTS = (
    """
    CREATE TABLE users (
        id TEXT NOT NULL PRIMARY KEY,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        verified_at {time},
        avatar_colour TEXT NOT NULL,
        avatar {bytes},
        avatar_type TEXT,
        theme TEXT NOT NULL,
        disabled_at {time},
        created_at {time} NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX users_email ON users (email)",
    """
    CREATE TABLE sessions (
        id TEXT NOT NULL PRIMARY KEY,
        family TEXT NOT NULL,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        token_hash TEXT NOT NULL,
        signed_in_at {time} NOT NULL,
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        rotated_at {time},
        revoked_at {time},
        user_agent TEXT NOT NULL,
        address TEXT NOT NULL
    )
    """,
    "CREATE INDEX sessions_family ON sessions (family)",
    "CREATE INDEX sessions_user_id ON sessions (user_id)",
    "CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash)",
    "CREATE INDEX sessions_expires_at ON sessions (expires_at)",
    """
    CREATE TABLE mail_tokens (
        token_hash TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        purpose TEXT NOT NULL,
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        used_at {time}
    )
    """,
    "CREATE INDEX mail_tokens_user_id ON mail_tokens (user_id)",
    "CREATE INDEX mail_tokens_expires_at ON mail_tokens (expires_at)",
    """
    CREATE TABLE outgoing_mail (
        id {serial} NOT NULL PRIMARY KEY,
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_attempt_at {time},
        last_error TEXT,
        sent_at {time},
        created_at {time} NOT NULL
    )
    """,
    "CREATE INDEX outgoing_mail_recipient ON outgoing_mail (recipient)",
    "CREATE INDEX outgoing_mail_next_attempt_at ON outgoing_mail (next_attempt_at)",
)
