"""Milanio's media relay: packets in, packets out, nothing decoded. Usable without the rest of Milanio."""
