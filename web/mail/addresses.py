"""Which addresses, names and links are allowed in mail. Others raise `MailError`."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

import idna

from signaling.names import MAX_NAME

MAX_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3: a path has at most 256 characters, including its brackets."""

# RFC 5322, 3.2.3 dot-atom: no quoted local parts, comments, address literals or lists. Nobody registers with one, and
# each can make a text ambiguous; so can encoded words (RFC 2047), `=?…?=`.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"(?=.{{1,64}}\Z)(?!.*=\?){_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class MailError(ValueError):
    """An address, name or link that isn't allowed in mail; `args[0]` is a sentence for the person who entered it."""


def check_address(text: str) -> str:
    """Return the address in the form that mail is sent to: its domain in lower case and ASCII. Raises `MailError`."""
    local, _, domain = text.rpartition("@")
    if len(text) <= MAX_ADDRESS and not domain.isascii():
        try:
            # IDNA 2008: the standard library's `idna` is IDNA 2003, which maps ß, ς and joiners to another domain.
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            domain = ""
    address = f"{local}@{domain.lower()}"
    if len(address) > MAX_ADDRESS or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise MailError("This isn't a valid email address.")
    return address


def check_name(text: str) -> str:
    """Check a name for a greeting, and return it. Raises `MailError`.

    Refuses line breaks and other invisible characters, including those that change the direction of text; encoded words
    (RFC 2047), which a header would decode; and links, since anyone can have a mail sent to any address by registering.
    """
    if len(text) > MAX_NAME:
        raise MailError(f"A name can't be longer than {MAX_NAME} characters.")
    if any(unicodedata.category(character) in _INVISIBLE - _allowed(character) for character in text):
        raise MailError("A name can't contain line breaks or invisible characters.")
    if "=?" in text or "://" in text or "www." in text.lower():
        raise MailError("A name can't contain links or encoded words.")
    return text


def mailable_name(name: str) -> str:
    """Return a person's name in a form that is allowed in mail; empty if there is none."""
    seen = "".join(each for each in name if unicodedata.category(each) not in _INVISIBLE - _allowed(each))
    try:
        return check_name(seen.replace("=?", "= ?"))
    except MailError:
        return ""


def _allowed(character: str) -> set[str]:
    # Joiners are part of Persian and Hindi, among others, and of emoji.
    return {"Cf"} if character in "\u200c\u200d" else set()


def link(public_url: str, path: str, token: str, name: str = "token") -> str:
    """Make a link to a page of the server at `public_url`, such as `https://example.org/verify#token=…`; `name` is the
    token's name in the fragment. Raises `MailError` for an invalid URL.

    The token is in the fragment, which browsers don't send: it appears in no proxy's log and no Referer, and the page
    passes it on in a POST.
    """
    base = check_link(public_url).rstrip("/")
    if "?" in base or "#" in base or not path.startswith("/"):
        raise MailError("The public URL can't have a query or a fragment.")
    return f"{base}{quote(path)}#{name}={quote(token, safe='')}"


def check_link(url: str) -> str:
    """Check an http or https URL, and return it. Raises `MailError`."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or re.search(r"[\s<>\"\\]", url):
        raise MailError("This isn't an http or https link.")
    return url
