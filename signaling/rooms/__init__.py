"""Rooms in use: who is in them, what people may do, and what they send and see."""
