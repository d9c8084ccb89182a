"""Certificates from an authority that speaks ACME (RFC 8555), such as Let's Encrypt: got at start, and renewed."""
