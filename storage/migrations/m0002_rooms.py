"""Rooms, their members, and bans."""

STATEMENTS = (
    """
    CREATE TABLE rooms (
        id TEXT NOT NULL PRIMARY KEY,
        code TEXT NOT NULL,
        title TEXT NOT NULL,
        owner_id TEXT REFERENCES users (id) ON DELETE CASCADE,
        access TEXT NOT NULL,
        locked {boolean} NOT NULL,
        capacity INTEGER,
        start_muted {boolean} NOT NULL,
        start_camera_off {boolean} NOT NULL,
        chat_enabled {boolean} NOT NULL,
        state TEXT NOT NULL,
        created_at {time} NOT NULL,
        last_active_at {time} NOT NULL,
        expires_at {time},
        ttl_seconds {time},
        ended_at {time}
    )
    """,
    "CREATE UNIQUE INDEX rooms_code ON rooms (code)",
    "CREATE INDEX rooms_owner_id ON rooms (owner_id)",
    "CREATE INDEX rooms_expires_at ON rooms (expires_at)",
    """
    CREATE TABLE room_members (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        added_at {time} NOT NULL,
        PRIMARY KEY (room_id, user_id)
    )
    """,
    "CREATE INDEX room_members_user_id ON room_members (user_id)",
    """
    CREATE TABLE room_invitations (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        added_at {time} NOT NULL,
        PRIMARY KEY (room_id, email)
    )
    """,
    "CREATE INDEX room_invitations_email ON room_invitations (email)",
    """
    CREATE TABLE room_bans (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        person_id TEXT NOT NULL,
        name TEXT NOT NULL,
        banned_by TEXT NOT NULL,
        banned_at {time} NOT NULL,
        PRIMARY KEY (room_id, person_id)
    )
    """,
    "CREATE INDEX room_bans_person_id ON room_bans (person_id)",
)
