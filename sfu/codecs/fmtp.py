"""Parameters of a codec, as an SDP's fmtp line names them (RFC 8866, section 6.15)."""

MAX_DIGITS = 9
"""Digits of a number that is read; no parameter of a codec has more."""


def find(parameters: str, name: str) -> str | None:
    """The value of a parameter, without spaces and in lower case; None: it is missing. `name` is in lower case."""
    text = ";" + parameters.replace(" ", "").lower() + ";"
    start = text.find(f";{name}=")
    if start < 0:
        return None
    start += len(name) + 2
    return text[start : text.index(";", start)]


def number(parameters: str, name: str, default: int) -> int:
    """The value of a numeric parameter; the default if it is missing or can't be read."""
    value = find(parameters, name)
    return int(value) if value and len(value) <= MAX_DIGITS and value.isascii() and value.isdigit() else default


def replace(parameters: str, name: str, value: str) -> str:
    """The parameters with another value of one that they name; the others stay as they are."""
    kept = []
    for each in parameters.split(";"):
        key, equals, _ = each.partition("=")
        named = bool(equals) and key.strip().lower() == name
        kept.append(f"{key}={value}" if named else each)
    return ";".join(kept)
