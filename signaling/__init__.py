"""Signaling: what people and the server tell each other so that media can flow."""
