"""The HTTP API: `endpoint` says how endpoints are declared, each other file declares those of one part."""

from web.api import auth, room_people, rooms, sessions, site, users

_PARTS = (
    auth.endpoints,
    sessions.endpoints,
    users.endpoints,
    rooms.endpoints,
    room_people.endpoints,
    site.endpoints,
)
ALL = (*_PARTS, site.description_of(_PARTS))
"""In the order of the document."""
