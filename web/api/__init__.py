"""The HTTP API: `endpoint` says how endpoints are declared, each other file declares those of one part."""

from web.api import rooms

ALL = (rooms.endpoints,)
"""In the order of the document."""
