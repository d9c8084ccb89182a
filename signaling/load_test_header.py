"""The HTTP header with the token of `milanio loadtest-token`, which clients of a load test send with each request."""

NAME = "Milanio-Load-Test"
