"""What is on the wire, byte by byte: RTP, RTCP, STUN. Parses untrusted bytes and knows no state."""
