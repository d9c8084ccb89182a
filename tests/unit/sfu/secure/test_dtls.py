import hashlib
import itertools
import random
import warnings

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL, crypto

from sfu.secure import dtls
from sfu.secure.dtls import (
    HANDSHAKE_TIMEOUT,
    MAX_RECORDS,
    MTU,
    PROFILES,
    Certificate,
    Dtls,
    DtlsError,
    Fingerprint,
    split_records,
)

SERVER, CLIENT = Certificate(), Certificate()
ALERT = bytes.fromhex("15fefd000000000000000500020228")
DATA = bytes.fromhex("17fefd0000000000000006000178")


def pair() -> tuple[Dtls, Dtls]:
    return (
        Dtls(SERVER, CLIENT.fingerprint, is_server=True),
        Dtls(CLIENT, SERVER.fingerprint, is_server=False),
    )


def take(side: Dtls) -> list[bytes]:
    datagrams, side.outgoing = side.outgoing, []
    return datagrams


def shake_hands(server: Dtls, client: Dtls, rng: random.Random, loss: float = 0.0, *, shuffle: bool = False) -> float:
    """Run a handshake under a virtual clock; how long it took."""
    client.start(0.0)
    now = 0.0
    while (server.keys is None or client.keys is None) and now < 20.0:
        for sender, receiver in ((client, server), (server, client)):
            datagrams = take(sender)
            if shuffle:
                rng.shuffle(datagrams)
            for datagram in datagrams:
                if rng.random() >= loss:
                    receiver.receive_untrusted(datagram, now)
        now += 0.02
        server.poll(now)
        client.poll(now)
    return now


def fragments(datagram: bytes, size: int) -> list[bytes]:
    """One handshake record cut into several (RFC 6347, section 4.2.3)."""
    header, kind, length, message = datagram[:13], datagram[13:14], datagram[14:17], datagram[25:]
    made = []
    for number, start in enumerate(range(0, len(message), size)):
        part = message[start : start + size]
        body = kind + length + datagram[17:19] + start.to_bytes(3) + len(part).to_bytes(3) + part
        made.append(header[:5] + number.to_bytes(6) + len(body).to_bytes(2) + body)
    return made


def test_both_sides_get_the_same_keys_and_the_cheapest_profile() -> None:
    server, client = pair()
    shake_hands(server, client, random.Random(0))
    assert server.keys is not None
    assert client.keys is not None
    assert server.keys.profile is PROFILES[0]
    assert (server.keys.send, server.keys.receive) == (client.keys.receive, client.keys.send)
    assert server.keys.send != server.keys.receive
    assert len(server.keys.send) == PROFILES[0].key_length + PROFILES[0].salt_length
    assert server.timeout() is None


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())
def test_a_client_with_one_profile_gets_it(profile: dtls.SrtpProfile) -> None:
    certificate = Certificate()
    certificate.context.set_tlsext_use_srtp(profile.name)
    client = Dtls(certificate, SERVER.fingerprint, is_server=False)
    server = Dtls(SERVER, certificate.fingerprint, is_server=True)
    shake_hands(server, client, random.Random(0))
    assert server.keys is not None
    assert server.keys.profile is profile


def test_no_profile_in_common_is_refused() -> None:
    certificate = Certificate()
    certificate.context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_32")
    client = Dtls(certificate, SERVER.fingerprint, is_server=False)
    server = Dtls(SERVER, certificate.fingerprint, is_server=True)
    with pytest.raises(DtlsError, match="no SRTP profile"):
        shake_hands(server, client, random.Random(0))
    assert server.keys is None


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_the_fingerprint_of_signaling_is_checked(algorithm: str) -> None:
    right = dtls.fingerprint_of(CLIENT.x509, algorithm)
    server = Dtls(SERVER, right, is_server=True)
    shake_hands(server, Dtls(CLIENT, SERVER.fingerprint, is_server=False), random.Random(0))
    assert server.keys is not None
    wrong = Fingerprint(algorithm, right.value[:-1] + ("0" if right.value[-1] != "0" else "1"))
    server = Dtls(SERVER, wrong, is_server=True)
    with pytest.raises(DtlsError, match="certificate"):
        shake_hands(server, Dtls(CLIENT, SERVER.fingerprint, is_server=False), random.Random(0))
    assert (server.keys, server.closed) == (None, True)


def test_a_client_without_a_certificate_is_refused() -> None:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_max_proto_version(0xFEFD)
    context.set_tlsext_use_srtp(PROFILES[0].name)
    client = SSL.Connection(context)
    client.set_connect_state()
    server = Dtls(SERVER, CLIENT.fingerprint, is_server=True)
    with pytest.raises(DtlsError, match="handshake failed"):
        run_raw(client, server)


def run_raw(client: SSL.Connection, server: Dtls) -> None:
    client.set_ciphertext_mtu(MTU)
    for _ in range(10):
        try:
            client.do_handshake()
        except SSL.WantReadError:
            pass
        try:
            flight = client.bio_read(1 << 16)
        except SSL.WantReadError:
            return
        for record in split_records(flight):
            server.receive_untrusted(record, 0.0)
        for datagram in take(server):
            client.bio_write(datagram)


def test_a_certificate_that_cryptography_can_t_read_is_judged_by_its_fingerprint_all_the_same() -> None:
    der = CLIENT.x509.public_bytes(Encoding.DER)
    at = der.index(bytes.fromhex("a003020102")) + 4
    odd = der[:at] + b"\x05" + der[at + 1 :]
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_max_proto_version(0xFEFD)
    context.set_options(SSL.OP_NO_QUERY_MTU)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    context.set_tlsext_use_srtp(PROFILES[0].name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, odd))
    context.use_privatekey(CLIENT._key)
    for fingerprint, fits in (
        (Fingerprint("sha-256", hashlib.sha256(odd).digest().hex(":").upper()), True),
        (CLIENT.fingerprint, False),
    ):
        client = SSL.Connection(context)
        client.set_connect_state()
        server = Dtls(SERVER, fingerprint, is_server=True)
        if fits:
            run_raw(client, server)
            assert server.keys is not None
        else:
            with pytest.raises(DtlsError, match="certificate"):
                run_raw(client, server)


def test_a_handshake_that_never_ends_is_given_up() -> None:
    server, client = pair()
    client.start(5.0)
    for datagram in take(client):
        server.receive_untrusted(datagram, 5.0)
    now, sent = 5.0, 0
    with pytest.raises(DtlsError, match="timed out"):
        while now < 30.0:
            due = server.timeout()
            assert due is not None
            now = due
            server.poll(now)
            sent += len(take(server))
    assert now == 5.0 + HANDSHAKE_TIMEOUT
    assert sent < 40
    assert (server.timeout(), server.closed) == (None, True)


def test_noise_alone_does_not_keep_a_handshake_alive() -> None:
    server, _ = pair()
    server.receive_untrusted(b"\x16\xfe", 0.0)
    for step in range(1, 100):
        server.receive_untrusted(b"\x16" + bytes(step), step / 10)
    with pytest.raises(DtlsError, match="timed out"):
        server.poll(HANDSHAKE_TIMEOUT)


@pytest.mark.parametrize("lost", [(0,), (1,), (0, 1), (2,), (3,), (1, 2, 3), (0, 2, 4), (0, 1, 2, 3, 4)])
def test_the_loss_of_any_flight_is_made_good(lost: tuple[int, ...]) -> None:
    server, client = pair()
    counter = itertools.count()
    client.start(0.0)
    now = 0.0
    while server.keys is None or client.keys is None:
        for sender, receiver in ((client, server), (server, client)):
            flight = take(sender)
            if flight and next(counter) in lost:
                continue
            for datagram in flight:
                receiver.receive_untrusted(datagram, now)
        now += 0.05
        assert now < 9.0
        server.poll(now)
        client.poll(now)


@pytest.mark.parametrize("seed", range(15))
def test_a_handshake_survives_a_third_of_all_datagrams_lost_in_any_order(seed: int) -> None:
    server, client = pair()
    took = shake_hands(server, client, random.Random(seed), 0.33, shuffle=True)
    assert server.keys is not None
    assert client.keys is not None
    assert took < HANDSHAKE_TIMEOUT


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [20, 60, 100])
def test_a_client_hello_may_come_in_fragments_in_any_order(seed: int, size: int) -> None:
    server, client = pair()
    client.start(0.0)
    (hello,) = take(client)
    parts = fragments(hello, size)
    assert len(parts) > 1
    random.Random(seed).shuffle(parts)
    for part in parts[:-1]:
        server.receive_untrusted(part, 0.0)
        assert take(server) == []
    server.receive_untrusted(parts[-1], 0.0)
    assert take(server)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_flights_of_small_datagrams_arrive_in_any_order_and_with_losses(
    seed: int, loss: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dtls, "MTU", 256)
    server, client = pair()
    assert shake_hands(server, client, random.Random(seed), loss, shuffle=True) < 9.0
    assert server.keys is not None
    assert client.keys is not None


def test_a_record_that_is_sent_again_has_a_new_number() -> None:
    client = pair()[1]
    client.start(0.0)
    sent = take(client)
    for step in range(1, 8):
        client.poll(step / 2)
        sent += take(client)
    numbers = [record[5:11] for datagram in sent for record in split_records(datagram)]
    assert len(numbers) >= 4
    assert len(set(numbers)) == len(numbers)


def test_only_so_many_records_of_a_datagram_are_looked_at() -> None:
    server, client = pair()
    client.start(0.0)
    hello = take(client)[0]
    empty = bytes.fromhex("16fefd0000000000000000" + "0000")
    assert len(split_records(empty * 100, MAX_RECORDS)) == MAX_RECORDS
    server.receive_untrusted(empty * MAX_RECORDS + hello, 0.0)
    assert take(server) == []
    server.receive_untrusted(empty * (MAX_RECORDS - 1) + hello, 0.0)
    assert take(server) != []


def test_a_big_client_hello_is_taken_and_no_flight_exceeds_the_mtu() -> None:
    certificate = Certificate()
    certificate.context.set_alpn_protos([bytes((65 + number % 26,)) * 200 for number in range(12)])
    client = Dtls(certificate, SERVER.fingerprint, is_server=False)
    server = Dtls(SERVER, certificate.fingerprint, is_server=True)
    client.start(0.0)
    hello = client.outgoing
    assert len(hello) > 1
    assert sum(map(len, hello)) > 2000
    assert max(map(len, hello)) <= MTU
    hello.reverse()
    for _ in range(10):
        for sender, receiver in ((client, server), (server, client)):
            for datagram in take(sender):
                assert len(datagram) <= MTU
                receiver.receive_untrusted(datagram, 0.0)
    assert server.keys is not None


@pytest.mark.parametrize("forged", [ALERT, ALERT * 3, DATA, DATA + ALERT], ids=["alert", "alerts", "data", "both"])
@pytest.mark.parametrize("at", range(6))
def test_a_forged_alert_ends_nothing(at: int, forged: bytes) -> None:
    server, client = pair()
    client.start(0.0)
    for step in range(6):
        if step == at:
            server.receive_untrusted(forged, 0.0)
        for sender, receiver in ((client, server), (server, client)):
            for datagram in take(sender):
                receiver.receive_untrusted(datagram, 0.0)
    assert server.keys is not None
    assert not server.closed


def test_after_the_handshake_noise_and_hellos_change_nothing() -> None:
    server, client = pair()
    shake_hands(server, client, random.Random(0))
    keys = server.keys
    rng = random.Random(1)
    other = Dtls(CLIENT, SERVER.fingerprint, is_server=False)
    other.start(0.0)
    for datagram in [
        b"",
        *other.outgoing,
        ALERT,
        *(bytes((rng.randrange(20, 64),)) + rng.randbytes(rng.randrange(200)) for _ in range(500)),
    ]:
        server.receive_untrusted(datagram, 1.0)
    assert server.keys is keys
    assert not server.closed
    assert sum(map(len, take(server))) < 60_000


def test_goodbye_is_heard_and_only_an_authentic_one() -> None:
    server, client = pair()
    shake_hands(server, client, random.Random(0))
    take(client)
    client.close()
    (goodbye,) = take(client)
    forged = goodbye[:-1] + bytes((goodbye[-1] ^ 1,))
    server.receive_untrusted(forged, 1.0)
    assert not server.closed
    server.receive_untrusted(goodbye, 1.0)
    assert server.closed


def test_records_are_cut_where_they_end() -> None:
    records = [bytes((22,)) + bytes(10) + length.to_bytes(2) + b"x" * length for length in (0, 5, 300)]
    assert split_records(b"".join(records)) == records
    assert split_records(b"") == []
    assert split_records(records[1] + b"\x16\xfe") == [records[1]]


def test_handshake_messages_after_the_handshake_are_answered_now_and_then_not_each() -> None:
    ours, theirs = Certificate(), Certificate()
    server = Dtls(ours, theirs.fingerprint, is_server=True)
    client = Dtls(theirs, ours.fingerprint, is_server=False)
    client.start(0.0)
    sent: list[bytes] = []
    while client.outgoing or server.outgoing:
        for datagram in client.outgoing:
            sent.append(datagram)
            server.receive_untrusted(datagram, 0.0)
        client.outgoing.clear()
        for datagram in server.outgoing:
            client.receive_untrusted(datagram, 0.0)
        server.outgoing.clear()
    assert server.keys is not None
    for number in range(100):
        server.receive_untrusted(sent[-1], 10.0 + number / 1000)
    assert len(server.outgoing) == 1
