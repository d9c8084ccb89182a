import base64
import hashlib
import hmac

from signaling.turn import LIFETIME, TurnServers
from tests.unit.signaling.people import Someone, make_room


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


def test_fresh_ones_are_told_when_half_their_time_is_over_and_only_then() -> None:
    servers = TurnServers(["turn:turn.example"], "north")
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    everyone = [ada.participant, ben.participant]
    (first,) = servers.for_client(ada.participant, 100.0, 5000.0)
    servers.for_client(ben.participant, 200.0, 5100.0)
    servers.renew(everyone, 99.9 + LIFETIME / 2, 4999.9 + LIFETIME / 2)
    assert (ada.told("ice_servers"), ben.told("ice_servers")) == ([], [])
    for _ in range(3):
        servers.renew(everyone, 100.0 + LIFETIME / 2, 5000.0 + LIFETIME / 2)
    (event,) = ada.told("ice_servers")
    assert ben.told("ice_servers") == []
    (fresh,) = event["ice_servers"]
    assert fresh["username"] == f"{int(5000 + 1.5 * LIFETIME)}:{ada.participant.id}"
    assert fresh["credential"] != first.credential
    servers.renew(everyone, 200.0 + LIFETIME, 5100.0 + LIFETIME)
    assert (len(ada.told("ice_servers")), len(ben.told("ice_servers"))) == (2, 1)


def test_they_are_kept_for_who_resumes() -> None:
    servers = TurnServers(["turn:turn.example"], "north", lifetime=60.0)
    room = make_room()
    ada = Someone(room, "ada")
    servers.for_client(ada.participant, 0.0, 0.0)
    seen = ada.participant.last_event
    servers.renew([ada.participant], 30.0, 30.0)
    missed = [body.text for _, body in ada.participant.missed(seen)]
    assert any('"ice_servers"' in text and f'"90:{ada.participant.id}"' in text for text in missed)
