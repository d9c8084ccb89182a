"""Gets one certificate. Everything here waits for the authority, and runs in a thread."""

import contextlib
import datetime
import hashlib
import ipaddress
import json
from collections.abc import Sequence
from typing import Any

import requests
from acme import client, crypto_util, errors, messages
from acme.challenges import (
    HTTP01,
    Challenge,
    ChallengeResponse,
    KeyAuthorizationChallenge,
    KeyAuthorizationChallengeResponse,
)
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from signaling.version import version
from storage.files import replace_file
from web.acme.proofs import Proofs
from web.acme.request import OrderError, Request

SECONDS = 120.0
"""How long an order may take."""

SHORT_LIVED = "shortlived"
"""Profile of certificates for addresses, at authorities that have several."""

ACCOUNT = "account.json"


@ChallengeResponse.register
class TlsAlpn01Response(KeyAuthorizationChallengeResponse):
    """The answer to `TlsAlpn01`; the library has had none since its version 5."""

    typ = "tls-alpn-01"


@Challenge.register
class TlsAlpn01(KeyAuthorizationChallenge):
    """To be proven with a certificate in a TLS handshake."""

    typ = "tls-alpn-01"
    response_cls = TlsAlpn01Response

    def validation(self, account_key: object, **_: object) -> bytes:
        """Return the digest that belongs in the certificate."""
        return hashlib.sha256(self.key_authorization(account_key).encode()).digest()


def order(request: Request, proofs: Proofs) -> bytes:
    """Return a new key and the certificate with its chain, in PEM form. Raises `OrderError`."""
    try:
        connected = _connect(request)
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        placed = connected.new_order(_signing_request(private, request.hosts), _profile(connected, request.hosts))
        for authorization in placed.authorizations:
            _prove(connected, authorization, request, proofs)
        deadline = datetime.datetime.now() + datetime.timedelta(seconds=SECONDS)
        done = connected.poll_and_finalize(placed, deadline)
        return private + str(done.fullchain_pem).encode()
    except errors.ValidationError as error:
        raise OrderError(_refusals(error)) from None
    except messages.Error as error:
        raise OrderError(f"the certificate authority refuses: {_line(error.detail or error.typ)}") from None
    except errors.TimeoutError:
        raise OrderError("the certificate authority took too long") from None
    except (errors.Error, requests.RequestException, JoseError, OSError, ValueError) as error:
        raise OrderError(f"the certificate authority at {request.directory} can't be used: {_line(error)}") from None
    finally:
        proofs.clear()


def _connect(request: Request) -> client.ClientV2:
    """Use the account with this authority, or make one."""
    path = request.folder / ACCOUNT
    known: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
    if known.get("directory") != request.directory:
        known = {}
    key = load_pem_private_key(known["key"].encode(), None) if known else ec.generate_private_key(ec.SECP256R1())
    account = JWKEC(key=key)
    net = client.ClientNetwork(account, alg=ES256, user_agent=f"milanio/{version()}", timeout=30)
    connected = client.ClientV2(client.ClientV2.get_directory(request.directory, net), net)
    if known:
        net.account = messages.RegistrationResource(uri=known["uri"], body=messages.Registration())
        return connected
    made = connected.new_account(messages.NewRegistration.from_data(email=request.email, terms_of_service_agreed=True))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    noted = {"directory": request.directory, "uri": made.uri, "key": private}
    replace_file(path, json.dumps(noted).encode())
    return connected


def _signing_request(private: bytes, hosts: Sequence[str]) -> bytes:
    names, addresses = list[str](), list[ipaddress.IPv4Address | ipaddress.IPv6Address]()
    for host in hosts:
        try:
            addresses.append(ipaddress.ip_address(host))
        except ValueError:
            names.append(host)
    return crypto_util.make_csr(private, names, ipaddrs=addresses)


def _profile(connected: client.ClientV2, hosts: Sequence[str]) -> str | None:
    """Authorities certify addresses for a few days only."""
    offered = connected.directory.meta.profiles or {}
    return SHORT_LIVED if SHORT_LIVED in offered and any(_is_address(host) for host in hosts) else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _prove(
    connected: client.ClientV2, authorization: messages.AuthorizationResource, request: Request, proofs: Proofs
) -> None:
    """Prepare a proof, and ask the authority to look at it."""
    if authorization.body.status == messages.STATUS_VALID:
        return  # proven a short while ago
    host = authorization.body.identifier.value
    wanted: type[Any] = HTTP01 if request.over_http else TlsAlpn01
    for offered in authorization.body.challenges:
        if isinstance(offered.chall, wanted):
            response, validation = offered.response_and_validation(connected.net.key)
            if isinstance(offered.chall, HTTP01):
                proofs.texts[offered.chall.path] = validation
            else:
                proofs.prove(host, validation)
            connected.answer_challenge(offered, response)
            return
    raise OrderError(f"the certificate authority doesn't offer {wanted.typ} for {host}")


def _refusals(error: errors.ValidationError) -> str:
    """Say what the authority saw when it looked."""
    found = []
    for authorization in error.failed_authzrs:
        host = authorization.body.identifier.value
        details = [each.error.detail for each in authorization.body.challenges if each.error is not None]
        found.append(f"{host}: {_line(details[0] if details else 'no reason given')}")
    return (
        f"the certificate authority can't reach this server ({'; '.join(found)}); do the name's A and AAAA records "
        "lead here, and is the port open?"
    )


def _line(what: object) -> str:
    return " ".join(str(what).split())[:300]
