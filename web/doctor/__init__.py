"""`milanio doctor`: finds out what keeps this server from working, and says what to do about it."""
