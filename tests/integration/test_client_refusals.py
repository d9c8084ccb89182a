"""A server, or a proxy before it, that answers a program with something else than it asked for."""

import pytest
from aiohttp import web

from signaling.client import Client, ClientError, ClientOptions, create_room
from tests.integration.stand_in import Handler, answering

pytestmark = pytest.mark.asyncio

TICKET = {"token": "t", "ws_url": "ws"}


def text(status: int, body: str, kind: str = "text/plain") -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=kind)

    return answer


async def ticket(request: web.Request) -> web.StreamResponse:
    return web.json_response(TICKET)


async def refusal_of(url: str) -> ClientError:
    with pytest.raises(ClientError) as caught:
        async with Client(url, "abcde-fghjk-mnpqr", "bot", ClientOptions(timeout=5)):
            raise AssertionError("came in")
    return caught.value


@pytest.mark.parametrize(
    ("answer", "said", "temporary"),
    [
        (
            text(403, "This page isn't allowed to connect here."),
            "answered 403 Forbidden: This page isn't allowed to connect here.",
            False,
        ),
        (
            text(403, '{"error": {"code": "foreign_origin", "message": "Set public_url."}}', "application/json"),
            "answered 403 Forbidden: Set public_url.",
            False,
        ),
        (text(502, "<html><h1>502 Bad Gateway</h1></html>", "text/html"), "answered 502 Bad Gateway.", True),
        (text(404, "Not found\x1b[31m"), "answered 404 Not Found.", True),
        (text(200, "<html>"), "answered 200 OK.", False),
        (text(599, ""), "answered 599.", True),
    ],
)
async def test_a_websocket_that_is_refused_is_no_server_that_cannot_be_reached(
    answer: Handler, said: str, temporary: bool
) -> None:
    async with answering(ticket, answer) as url:
        error = await refusal_of(url)
    assert (error.code, error.temporary) == ("refused", temporary)
    assert str(error) == f"{url}/ws {said}"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (text(403, "<html>", "text/html"), "refused", "answered 403 Forbidden."),
        (text(502, "bad gateway"), "refused", "answered 502 Bad Gateway: bad gateway"),
        (text(200, "<html>", "text/html"), "unreachable", "isn't a Milanio server."),
        (text(200, "[]", "application/json"), "unreachable", "isn't a Milanio server."),
        (text(200, "{", "application/json"), "unreachable", "isn't a Milanio server."),
        (text(500, '{"error": 1}', "application/json"), "refused", "answered 500 Internal Server Error: {"),
    ],
)
async def test_an_answer_that_is_none_of_milanio_is_told_as_what_it_is(answer: Handler, code: str, said: str) -> None:
    async with answering(answer, ticket) as url:
        error = await refusal_of(url)
    assert error.code == code
    assert f"{url} {said}" in str(error)


async def test_creating_a_room_says_it_too() -> None:
    async with answering(ticket, ticket) as url:
        with pytest.raises(ClientError, match="answered 404 Not Found") as caught:
            await create_room(url)
    assert caught.value.code == "refused"
