"""A stand-in for a Milanio server, with a test's own answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(join: Handler, socket: Handler) -> AsyncIterator[str]:
    """The URL of a server with these handlers for joining and for the WebSocket."""
    app = web.Application()
    app.add_routes([web.post("/api/rooms/join", join), web.get("/ws", socket)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0)
    await site.start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
