"""The wire formats: RTP, RTCP, STUN. Parses untrusted bytes and keeps no state."""
