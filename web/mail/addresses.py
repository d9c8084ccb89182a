"""What may stand in a mail: addresses, names and links. Everything else is refused by `MailError`."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

import idna

from signaling.names import MAX_NAME

MAX_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3: a path has at most 256 characters, with its brackets."""

# RFC 5322, 3.2.3 dot-atom: no quoted local parts, no comments, no address literals, no lists. Nobody registers with
# one, and each is a way to mean two things by one text; as are encoded words (RFC 2047), `=?…?=`.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"(?=.{{1,64}}\Z)(?!.*=\?){_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class MailError(ValueError):
    """An address, name or link that can't stand in a mail; `args[0]` is a sentence for whoever entered it."""


def check_address(text: str) -> str:
    """The address as mail is sent to it: its domain in lower case and in ASCII. Raises `MailError`."""
    local, _, domain = text.rpartition("@")
    if len(text) <= MAX_ADDRESS and not domain.isascii():
        try:
            # Of 2008: the standard library's `idna` is of 2003, and makes another domain of ß, ς and joiners.
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            domain = ""
    address = f"{local}@{domain.lower()}"
    if len(address) > MAX_ADDRESS or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise MailError("This isn't a valid email address.")
    return address


def check_name(text: str) -> str:
    """A name as it greets somebody. Raises `MailError`.

    Refused are line breaks and other invisible characters, also those that turn the direction of text; encoded words
    (RFC 2047), which a header would decode; and links, as anybody can have a mail sent to anybody by registering.
    """
    if len(text) > MAX_NAME:
        raise MailError(f"A name can't be longer than {MAX_NAME} characters.")
    if any(unicodedata.category(character) in _INVISIBLE - _allowed(character) for character in text):
        raise MailError("A name can't hold line breaks or invisible characters.")
    if "=?" in text or "://" in text or "www." in text.lower():
        raise MailError("A name can't hold links or codes.")
    return text


def mailable_name(name: str) -> str:
    """Somebody's name as it can stand in a mail; empty if it can't."""
    seen = "".join(each for each in name if unicodedata.category(each) not in _INVISIBLE - _allowed(each))
    try:
        return check_name(seen.replace("=?", "= ?"))
    except MailError:
        return ""


def _allowed(character: str) -> set[str]:
    # Joiners belong to scripts such as Persian and Hindi, and to emoji.
    return {"Cf"} if character in "\u200c\u200d" else set()


def link(public_url: str, path: str, token: str, name: str = "token") -> str:
    """A link to a page of the server at `public_url`, as `https://example.org/verify#token=…`, where `name` is what
    stands before the token. Raises `MailError` where the URL isn't one.

    The token stands in the fragment, which browsers send to nobody: it is in no proxy's log and no Referer, and the
    page passes it on in a POST.
    """
    base = check_link(public_url).rstrip("/")
    if "?" in base or "#" in base or not path.startswith("/"):
        raise MailError("The public URL is an address with a path at most.")
    return f"{base}{quote(path)}#{name}={quote(token, safe='')}"


def check_link(url: str) -> str:
    """A URL of http or https. Raises `MailError`."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or re.search(r"[\s<>\"\\]", url):
        raise MailError("This is not a link of http or https.")
    return url
