"""Clients that hang up in the middle of a request."""

import asyncio
import logging

import pytest
from aiohttp import web

from tests.integration.conftest import until
from web.app import Server

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("path", ["/api/rooms/join", "/api/rooms/create", "/api/auth/login"])
async def test_a_body_that_breaks_off_is_no_fault_of_the_server(
    server: Server, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert server._runner is not None
    http = server._runner.server
    assert http is not None
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 50\r\n\r\n{{".encode())
    await writer.drain()
    await until(lambda: http.requests_count)
    writer.transport.abort()
    await until(lambda: not http.connections)
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_websocket_that_is_given_up_while_it_is_opened(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert server._runner is not None
    http = server._runner.server
    assert http is not None
    write_headers = web.StreamResponse._write_headers

    async def reset(response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse):
            raise ConnectionResetError
        await write_headers(response)

    monkeypatch.setattr(web.StreamResponse, "_write_headers", reset)
    head = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write((head + key).encode())
    await writer.drain()
    await until(lambda: http.requests_count)
    writer.transport.abort()
    await until(lambda: not http.connections)
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
