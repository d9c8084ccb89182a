"""Chat messages and events of rooms."""

STATEMENTS = (
    """
    CREATE TABLE chat_messages (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        id {number} NOT NULL,
        sender_id TEXT NOT NULL,
        sender_name TEXT NOT NULL,
        text TEXT NOT NULL,
        recipient_id TEXT,
        recipient_name TEXT,
        sent_at {time} NOT NULL,
        deleted_at {time},
        PRIMARY KEY (room_id, id)
    )
    """,
    "CREATE INDEX chat_messages_sender_id ON chat_messages (sender_id)",
    "CREATE INDEX chat_messages_recipient_id ON chat_messages (recipient_id)",
    """
    CREATE TABLE room_events (
        id {serial} NOT NULL PRIMARY KEY,
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        person_id TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        at {time} NOT NULL
    )
    """,
    "CREATE INDEX room_events_person_id ON room_events (person_id)",
    "CREATE INDEX room_events_room_id_id ON room_events (room_id, id)",
)
