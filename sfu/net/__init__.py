"""The edge to the operating system: the event loop and the UDP socket. Everything else in `sfu` is sans-IO."""
