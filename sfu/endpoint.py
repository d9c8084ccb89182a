"""The client's end of a transport, for programs: ICE controlling, DTLS client, SRTP; no codecs.

Sans-IO, like the relay: it serves bots, load tests, and the simulated network alike.
"""

import secrets
from collections.abc import Callable

from sfu.secure.dtls import Certificate, Dtls, DtlsError, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.secure.srtp import Buffer, IncomingSrtp, OutgoingSrtp
from sfu.wire import rtcp, rtp, stun
from sfu.wire.rtcp import RtcpError, RtcpPacket
from sfu.wire.stun import Address

CHECK_INTERVAL = 1.5
"""Seconds between connectivity checks once connected, which also give consent (RFC 7675, section 5.1). This is how soon
media comes back after a NAT has assigned another port."""

_FIRST_CHECK_INTERVAL = 0.05


class Endpoint:
    """A client's association with a relay. Datagrams to send to `address` are in `outgoing`."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.certificate = certificate or Certificate()
        self.local = Credentials.generate()
        self.remote: Credentials | None = None
        self.address: Address | None = None
        self.outgoing: list[bytes] = []
        self.on_rtp: Callable[[bytes, float], None] | None = None
        """Called with each decrypted RTP packet and its arrival."""
        self.on_rtcp: Callable[[RtcpPacket, float], None] | None = None
        self.failed: str | None = None
        self.check_interval = CHECK_INTERVAL
        self.renominates = True
        """Whether every check nominates. False: only until the first answer, as Firefox does."""
        self._dtls: Dtls | None = None
        self._incoming: IncomingSrtp | None = None
        self._srtp: OutgoingSrtp | None = None
        self._buffer = Buffer(2048)
        self._tie_breaker = secrets.randbits(64)
        self._next_check: float | None = None
        self._checked = False

    def connect(self, remote: Credentials, peer: Fingerprint, address: Address, now: float) -> None:
        """Start to connect to the relay at that address."""
        self._dtls = Dtls(self.certificate, peer, is_server=False)
        self.restart(remote, address, now)

    def restart(self, remote: Credentials, address: Address, now: float) -> None:
        """Take the relay's new credentials after an ICE restart; `local` must hold the offered ones."""
        self.remote, self.address = remote, address
        self._checked = False
        self._next_check = now
        self.poll(now)

    @property
    def checked(self) -> bool:
        """Whether the relay has answered at this address."""
        return self._checked

    @property
    def connected(self) -> bool:
        """Whether media can be sent."""
        return self._srtp is not None

    @property
    def closed(self) -> bool:
        """Whether the relay has ended the association, or it failed."""
        return self.failed is not None or (self._dtls is not None and self._dtls.closed)

    def timeout(self) -> float | None:
        """When `poll` has something to do."""
        times = [self._next_check, self._dtls.timeout() if self._dtls is not None else None]
        return min((time for time in times if time is not None), default=None)

    def poll(self, now: float) -> None:
        """Send checks and retransmissions that are due."""
        if self._next_check is not None and now >= self._next_check and self.remote is not None:
            username = f"{self.remote.ufrag}:{self.local.ufrag}"
            self.outgoing.append(
                stun.build_request(
                    username,
                    self.remote.password,
                    priority=1,
                    tie_breaker=self._tie_breaker,
                    nominate=self.renominates or not self._checked,
                )
            )
            self._next_check = now + (self.check_interval if self._checked else _FIRST_CHECK_INTERVAL)
        if self._dtls is not None and self._checked:
            self._run_dtls(lambda dtls: dtls.poll(now), now)

    def _run_dtls(self, step: Callable[[Dtls], None], now: float) -> None:
        dtls = self._dtls
        if dtls is None or self.failed is not None:
            return
        try:
            step(dtls)
        except DtlsError as error:
            self.failed = str(error)
        self.outgoing += dtls.outgoing
        dtls.outgoing.clear()
        if self._srtp is None and dtls.keys is not None:
            self._incoming, self._srtp = IncomingSrtp(dtls.keys), OutgoingSrtp(dtls.keys)

    def receive(self, datagram: bytes, now: float) -> None:
        """Take a datagram from the relay; one that isn't authentic is ignored."""
        if not datagram or len(datagram) > rtp.MAX_DATAGRAM:
            return
        first = datagram[0]
        if rtp.is_stun(first):
            self._receive_stun(datagram, now)
        elif rtp.is_dtls(first):
            self._run_dtls(lambda dtls: dtls.receive_untrusted(datagram, now), now)
        elif rtp.is_rtp_or_rtcp(first) and self._incoming is not None and len(datagram) >= rtp.HEADER_SIZE:
            self._receive_media(datagram, now)

    def _receive_stun(self, datagram: bytes, now: float) -> None:
        try:
            message = stun.parse(datagram)
        except stun.StunError:
            return
        if self.remote is None or message.kind != stun.BINDING_SUCCESS or not message.verify(self.remote.password):
            return
        if not self._checked:
            self._checked = True
            self._next_check = now + self.check_interval
            if self._srtp is None:
                self._run_dtls(lambda dtls: dtls.start(now), now)

    def _receive_media(self, datagram: bytes, now: float) -> None:
        if rtp.is_rtcp(datagram[1]):
            buffer, incoming = self._buffer, self._incoming
            assert incoming is not None
            buffer.data[: len(datagram)] = datagram
            size = incoming.unprotect_rtcp(buffer, len(datagram))
            if size > 0 and self.on_rtcp is not None:
                try:
                    packets = rtcp.parse(bytes(buffer.view[:size]))
                except RtcpError:
                    return
                for packet in packets:
                    self.on_rtcp(packet, now)
            return
        decrypted = self.decrypt_rtp(datagram)
        if decrypted is not None and self.on_rtp is not None:
            self.on_rtp(decrypted, now)

    def decrypt_rtp(self, datagram: bytes) -> bytes | None:
        """The RTP packet in a datagram; None where it isn't authentic, came before, or nothing is connected yet."""
        if self._incoming is None or len(datagram) > rtp.MAX_DATAGRAM:
            return None
        buffer = self._buffer
        buffer.data[: len(datagram)] = datagram
        size = self._incoming.unprotect_rtp(buffer, len(datagram))
        return bytes(buffer.view[:size]) if size > 0 else None

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send an RTP packet; it is dropped if the association isn't connected."""
        if self._srtp is not None:
            self.outgoing.append(self._srtp.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """The same for an RTCP packet."""
        if self._srtp is not None:
            self.outgoing.append(self._srtp.protect_rtcp(packet))

    def close(self) -> None:
        """End the association and tell the relay."""
        if self._dtls is not None:
            self._dtls.close()
            self.outgoing += self._dtls.outgoing
            self._dtls.outgoing.clear()
        self._next_check = None
