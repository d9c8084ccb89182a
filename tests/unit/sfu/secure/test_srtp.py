import os
import struct

import pytest
from pylibsrtp import Error, Policy, Session

from sfu.secure.dtls import PROFILES, SrtpKeys, SrtpProfile
from sfu.secure.srtp import (
    MAX_RTCP_SSRCS,
    REPLAYED,
    TOO_MANY_SSRCS,
    Buffer,
    IncomingSrtp,
    OutgoingSrtp,
    SrtpError,
)
from sfu.wire import rtcp, rtp

each_profile = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())


def keys(profile: SrtpProfile) -> SrtpKeys:
    size = profile.key_length + profile.salt_length
    return SrtpKeys(profile, os.urandom(size), os.urandom(size))


def session(key: bytes, profile: SrtpProfile, direction: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=profile.libsrtp))


def packet(seq: int, size: int = 100) -> bytes:
    return rtp.build_packet(96, seq & 0xFFFF, seq, 7, bytes((seq & 0xFF,)) * size, extensions={1: b"a"})


def unprotect(incoming: IncomingSrtp, data: bytes) -> bytes | int:
    buffer = Buffer(2048)
    buffer.data[: len(data)] = data
    size = (incoming.unprotect_rtcp if rtp.is_rtcp(data[1]) else incoming.unprotect_rtp)(buffer, len(data))
    return bytes(buffer.view[:size]) if size > 0 else size


@each_profile
def test_what_we_encrypt_the_public_session_decrypts_and_the_bytes_are_its_own(profile: SrtpProfile) -> None:
    ours = keys(profile)
    outgoing, theirs = OutgoingSrtp(ours), session(ours.send, profile, Policy.SSRC_ANY_INBOUND)
    reference = session(ours.send, profile, Policy.SSRC_ANY_OUTBOUND)
    for seq in range(65_500, 65_600):
        protected = outgoing.protect(packet(seq, seq % 700))
        assert protected == reference.protect(packet(seq, seq % 700))
        assert theirs.unprotect(protected) == packet(seq, seq % 700)
    report = rtcp.build_pli(1, 2)
    assert theirs.unprotect_rtcp(outgoing.protect_rtcp(report)) == report


@each_profile
def test_what_the_public_session_encrypts_we_decrypt(profile: SrtpProfile) -> None:
    ours = keys(profile)
    theirs, incoming = session(ours.receive, profile, Policy.SSRC_ANY_OUTBOUND), IncomingSrtp(ours)
    for seq in range(65_500, 65_600):
        assert unprotect(incoming, theirs.protect(packet(seq))) == packet(seq)
    report = rtcp.build_pli(1, 2)
    assert unprotect(incoming, theirs.protect_rtcp(report)) == report


@each_profile
def test_a_replayed_or_changed_packet_is_refused(profile: SrtpProfile) -> None:
    ours = keys(profile)
    theirs, incoming = session(ours.receive, profile, Policy.SSRC_ANY_OUTBOUND), IncomingSrtp(ours)
    for original in (theirs.protect(packet(5)), theirs.protect_rtcp(rtcp.build_pli(1, 2))):
        for position in (9, len(original) // 2, len(original) - 1):
            changed = bytearray(original)
            changed[position] ^= 1
            status = unprotect(incoming, bytes(changed))
            assert isinstance(status, int)
            assert status < 0
        assert isinstance(unprotect(incoming, original), bytes)
        status = unprotect(incoming, original)
        assert isinstance(status, int)
        assert -status in REPLAYED


def test_a_packet_older_than_the_window_counts_as_replayed() -> None:
    ours = keys(PROFILES[0])
    theirs, incoming = session(ours.receive, PROFILES[0], Policy.SSRC_ANY_OUTBOUND), IncomingSrtp(ours)
    old = theirs.protect(packet(1))
    for seq in range(2, 1200):
        unprotect(incoming, theirs.protect(packet(seq)))
    status = unprotect(incoming, old)
    assert isinstance(status, int)
    assert -status in REPLAYED


def test_a_number_is_never_used_twice_for_sending() -> None:
    outgoing = OutgoingSrtp(keys(PROFILES[0]))
    outgoing.protect(packet(5))
    with pytest.raises(SrtpError):
        outgoing.protect(packet(5, 50))


@pytest.mark.parametrize("size", range(40))
def test_noise_of_any_length_is_refused(size: int) -> None:
    incoming = IncomingSrtp(keys(PROFILES[0]))
    for first, second in ((0x80, 96), (0x9F, 96), (0x80, 200), (0xBF, 111)):
        data = bytes((first, second))[:size] + os.urandom(max(0, size - 2))
        buffer = Buffer(2048)
        buffer.data[:size] = data
        assert incoming.unprotect_rtp(buffer, size) < 0
        assert incoming.unprotect_rtcp(buffer, size) < 0


def test_a_packet_too_long_for_the_scratch_buffer_is_refused() -> None:
    with pytest.raises(SrtpError, match="too long"):
        OutgoingSrtp(keys(PROFILES[0])).protect(packet(1, 4000))


def test_keys_of_another_association_decrypt_nothing() -> None:
    theirs = session(os.urandom(28), PROFILES[0], Policy.SSRC_ANY_OUTBOUND)
    status = unprotect(IncomingSrtp(keys(PROFILES[0])), theirs.protect(packet(1)))
    assert isinstance(status, int)
    assert status < 0
    with pytest.raises(Error):
        session(os.urandom(28), PROFILES[0], Policy.SSRC_ANY_INBOUND).unprotect(theirs.protect(packet(2)))


def test_rtcp_of_one_ssrc_too_many_is_not_decrypted_and_forgeries_do_not_count() -> None:
    ours = keys(PROFILES[0])
    incoming, outgoing = IncomingSrtp(SrtpKeys(ours.profile, ours.receive, ours.send)), OutgoingSrtp(ours)
    buffer = Buffer(2048)

    def take(datagram: bytes) -> int:
        buffer.data[: len(datagram)] = datagram
        return incoming.unprotect_rtcp(buffer, len(datagram))

    def report(ssrc: int) -> bytes:
        return outgoing.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, ssrc))

    for ssrc in range(2 * MAX_RTCP_SSRCS):
        assert -TOO_MANY_SSRCS < take(struct.pack("!BBHI", 0x80, 201, 1, ssrc) + bytes(40)) < 0
    for ssrc in range(1, MAX_RTCP_SSRCS + 1):
        assert take(report(ssrc)) == 8
    assert take(report(MAX_RTCP_SSRCS + 1)) == -TOO_MANY_SSRCS
    assert take(report(1)) == 8
    incoming.forget(1)
    assert take(report(MAX_RTCP_SSRCS + 1)) == 8
