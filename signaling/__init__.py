"""Signaling: the messages between clients and server that set up a call and keep it going."""
