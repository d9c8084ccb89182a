"""Rooms while they are in use: who is in one, what they may do, what they send and see."""
