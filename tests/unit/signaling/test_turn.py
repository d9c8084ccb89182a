import base64
import hashlib
import hmac

from signaling.turn import LIFETIME, TurnServers


def test_the_password_is_what_coturn_expects_and_ends_by_itself() -> None:
    urls = ["turn:turn.example:3478", "turns:turn.example:443?transport=tcp"]
    (server,) = TurnServers(urls, "north").servers("ada", 1000.9)
    assert server.urls == urls
    assert server.username == f"{int(1000.9 + LIFETIME)}:ada"
    expected = hmac.new(b"north", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential or "") == expected


def test_each_client_has_its_own() -> None:
    servers = TurnServers(["turn:turn.example"], "north")
    (ada,), (ben,) = servers.servers("ada", 0.0), servers.servers("ben", 0.0)
    assert ada.credential != ben.credential
