"""Authentication and encryption: ICE lite, DTLS, SRTP."""
