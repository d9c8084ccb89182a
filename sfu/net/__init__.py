"""The edge to the operating system: the event loop and the UDP socket. The rest of `sfu` is sans-IO."""
