"""The server: HTTP, the page, settings, the command line."""
