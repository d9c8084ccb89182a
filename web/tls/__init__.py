"""HTTPS: the server's certificate, and what connections to its port speak."""
