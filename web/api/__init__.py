"""The HTTP API: `endpoint` says how endpoints are declared, each other file declares those of one part."""

from web.api import auth, room_people, rooms, sessions, site, users

ALL = (
    auth.endpoints,
    sessions.endpoints,
    users.endpoints,
    rooms.endpoints,
    room_people.endpoints,
    site.endpoints,
)
"""In the order of the document."""
