"""Ids that clients give their chat messages, so that a message sent again is stored once."""

STATEMENTS = (
    "ALTER TABLE chat_messages ADD COLUMN client_id TEXT",
    # Messages without one are all different: NULL equals nothing.
    """
    CREATE UNIQUE INDEX chat_messages_room_id_sender_id_client_id
        ON chat_messages (room_id, sender_id, client_id)
    """,
)
