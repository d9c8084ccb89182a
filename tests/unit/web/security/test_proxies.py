import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict

from web.security.proxies import Client, TrustedProxies

TRUSTED = TrustedProxies(["10.0.0.0/8", "192.0.2.7", "2001:db8:f::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        # Nobody but a trusted hop is believed.
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("192.0.2.8", ["198.51.100.1"], "192.0.2.8"),
        ("::ffff:203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        # One hop; whatever the client wrote itself stands left of it.
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.7", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1,10.0.0.9,198.51.100.1"], "198.51.100.1"),
        # Several hops.
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1 ,10.0.0.2,\t2001:db8:f::2"], "198.51.100.1"),
        # Somebody inside: no address but trusted ones.
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        # Forms of an address.
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        # Garbage ends the search.
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, "], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1:port"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:²"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]4711"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]:"], "10.0.0.1"),
        ("10.0.0.1", ["999.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1\r\nX: y"], "10.0.0.1"),
        ("10.0.0.1", ["\udcff"], "10.0.0.1"),
        ("10.0.0.1", ["," * 8000], "10.0.0.1"),
        ("10.0.0.1", [":" * 8000], "10.0.0.1"),
        ("", ["198.51.100.1"], ""),
        ("unix", ["198.51.100.1"], "unix"),
    ],
)
def test_the_client_s_address(peer: str, forwarded_for: list[str], expected: str) -> None:
    assert TRUSTED.client(peer, "http", forwarded_for, []) == Client(expected, "http")


@pytest.mark.parametrize(
    ("peer", "scheme", "forwarded_for", "forwarded_proto", "expected"),
    [
        ("203.0.113.5", "http", [], ["https"], "http"),
        ("10.0.0.1", "http", ["1.1.1.1"], ["https"], "https"),
        ("10.0.0.1", "http", ["1.1.1.1"], ["HTTPS"], "https"),
        ("10.0.0.1", "http", [], ["https"], "https"),
        ("10.0.0.1", "https", ["1.1.1.1"], ["http"], "http"),
        ("10.0.0.1", "http", ["1.1.1.1"], ["wss"], "https"),
        # One hop: left of its entry is the client's own.
        ("10.0.0.1", "http", ["1.1.1.1"], ["https, http"], "http"),
        # Two hops that append: what the outer one saw. Two that overwrite: all there is.
        ("10.0.0.1", "http", ["1.1.1.1, 10.0.0.2"], ["https, http"], "https"),
        ("10.0.0.1", "http", ["1.1.1.1, 10.0.0.2"], ["http", "https", "http"], "https"),
        ("10.0.0.1", "http", ["1.1.1.1, 10.0.0.2"], ["https"], "https"),
        # Garbage.
        ("10.0.0.1", "http", ["1.1.1.1"], [""], "http"),
        ("10.0.0.1", "https", ["1.1.1.1"], ["javascript"], "https"),
        ("10.0.0.1", "http", ["1.1.1.1"], ["https\n"], "https"),
        ("10.0.0.1", "http", ["1.1.1.1"], ["," * 8000], "http"),
        ("10.0.0.1", "http", ["unknown"], ["https"], "https"),
    ],
)
def test_the_client_s_scheme(
    peer: str, scheme: str, forwarded_for: list[str], forwarded_proto: list[str], expected: str
) -> None:
    assert TRUSTED.client(peer, scheme, forwarded_for, forwarded_proto).scheme == expected


def test_without_configured_hops_nobody_is_believed() -> None:
    assert TrustedProxies().client("127.0.0.1", "http", ["1.1.1.1"], ["https"]) == Client("127.0.0.1", "http")


@pytest.mark.parametrize("hop", ["", "proxy.example.org", "10.0.0.0/33", "*"])
def test_a_hop_is_an_address_or_a_network(hop: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        TrustedProxies([hop])


@pytest.mark.asyncio
@pytest.mark.parametrize(("hops", "expected"), [([], "127.0.0.1 http"), (["127.0.0.0/8"], "198.51.100.1 https")])
async def test_a_request_over_a_connection(hops: list[str], expected: str) -> None:
    trusted = TrustedProxies(hops)

    async def who(request: web.Request) -> web.Response:
        client = trusted.of(request)
        return web.Response(text=f"{client.address} {client.scheme}")

    app = web.Application()
    app.router.add_get("/", who)
    headers = CIMultiDict([("x-forwarded-for", "1.1.1.1"), ("X-Forwarded-For", "198.51.100.1")])
    headers["X-Forwarded-Proto"] = "https"
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        assert await (await client.get("/", headers=headers)).text() == expected
