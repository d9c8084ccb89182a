"""Who a peer is and how media is kept from others: ICE lite, DTLS, SRTP."""
