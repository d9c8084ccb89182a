"""The store: users, rooms, tokens, chat, mail and history, on SQLite or PostgreSQL."""
