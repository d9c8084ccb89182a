"""The HTTP API: `endpoint` has the means to declare endpoints, and the other files declare those of one part each."""

from web.api import admin, api_keys, auth, room_links, room_people, rooms, sessions, site, users

_PARTS = (
    auth.endpoints,
    sessions.endpoints,
    users.endpoints,
    rooms.endpoints,
    room_links.endpoints,
    room_people.endpoints,
    admin.endpoints,
    api_keys.endpoints,
    site.endpoints,
)
ALL = (*_PARTS, site.description_of(_PARTS))
"""All endpoints, in the order of the document."""
