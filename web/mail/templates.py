"""The texts of mails. All have one layout: a few sentences, and a link in some."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template
from typing import Literal

Language = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Text:
    """A mail's sentences, with the placeholders `$until`, `$sender` and `$room`. `action` is the link's text."""

    subject: str
    before: tuple[str, ...]
    action: str = ""
    after: tuple[str, ...] = ()
    language: Language = "en"


VERIFY = Text(
    "Confirm your email address",
    ("Welcome to Milanio. Confirm your email address to finish signing up:",),
    "Confirm email",
    (
        "The link works once, until $until. It asks for the password you chose.",
        "If you didn't sign up, you can ignore this email.",
    ),
)
RESET = Text(
    "Choose a new password",
    ("Someone, probably you, asked for a new password for your Milanio account. Choose it here:",),
    "Choose a new password",
    (
        "The link works once, until $until.",
        "If it wasn't you, you can ignore this email: your password stays the same.",
    ),
)
PASSWORD_CHANGED = Text(
    "Your password was changed",
    (
        "The password of your Milanio account was changed, and all other devices were logged out.",
        "If it wasn't you, choose a new password right away: on the login page, press “Forgot your password?”.",
    ),
)
ALREADY_REGISTERED = Text(
    "You already have an account",
    (
        "Someone, probably you, tried to sign up for Milanio with this address. It already has an account, and "
        "nothing was changed.",
        "If it was you, just log in. If you've forgotten your password, or if you're asked to confirm your email, "
        "press “Forgot your password?” there: that takes care of both.",
        "If it wasn't you, you can ignore this email.",
    ),
)

_INVITED_ONCE = (
    "The link works once, and only with an account on that server. Don't share it.",
    "If you don't know this person, ignore this email.",
)
_INVITED_ONCE_DE = (
    "Der Link funktioniert einmal und nur mit einem Konto auf diesem Server. Geben Sie ihn nicht weiter.",
    "Wenn Sie diese Person nicht kennen, ignorieren Sie diese E-Mail.",
)
INVITATION: dict[Language, Text] = {
    "en": Text(
        "You're invited to a video call room",
        ("$sender invited you to the room “$room” on Milanio.",),
        "Open room",
        _INVITED_ONCE,
    ),
    "de": Text(
        "Einladung in einen Raum für Videokonferenzen",
        ("$sender lädt Sie in den Raum „$room“ auf Milanio ein.",),
        "Raum öffnen",
        _INVITED_ONCE_DE,
        language="de",
    ),
}
"""The subject has no names: the inviter chose them, and could write anything."""
INVITATION_UNTITLED: dict[Language, Text] = {
    "en": replace(INVITATION["en"], before=("$sender invited you to a room on Milanio.",)),
    "de": replace(INVITATION["de"], before=("$sender lädt Sie in einen Raum auf Milanio ein.",)),
}

_HTML = """\
<!DOCTYPE html>
<html lang="$language">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>$title</title></head>
<body style="margin:0;padding:24px;background:#f3f4f6;color:#111827;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:480px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">
$content
</div>
</body>
</html>
"""
_PARAGRAPH = '<p style="margin:0 0 16px">$text</p>'
_BUTTON = (
    '<p style="margin:0 0 16px"><a href="$link" style="display:inline-block;padding:12px 20px;border-radius:8px;'
    'background:#1d4ed8;color:#ffffff;text-decoration:none">$action</a></p>\n'
    '<p style="margin:0 0 16px;font-size:14px;word-break:break-all">$link</p>'
)


def plain(text: Text, name: str, link: str, values: Mapping[str, str]) -> str:
    """Return the mail as plain text. `values` replace the placeholders."""
    before = [_fill(part, values) for part in text.before]
    after = [_fill(part, values) for part in text.after]
    parts = [_greeting(name, text.language), *before, *([link] if text.action else []), *after]
    return "\n\n".join(parts) + "\n"


def rich(text: Text, name: str, link: str, values: Mapping[str, str]) -> str:
    """Return the mail as HTML. Everything is escaped, and it loads nothing."""
    parts = [_paragraph(_greeting(name, text.language)), *(_paragraph(_fill(part, values)) for part in text.before)]
    if text.action:
        parts.append(Template(_BUTTON).substitute(link=html.escape(link), action=html.escape(text.action)))
    parts += [_paragraph(_fill(part, values)) for part in text.after]
    page = Template(_HTML)
    return page.substitute(language=text.language, title=html.escape(text.subject), content="\n".join(parts))


def _greeting(name: str, language: Language) -> str:
    word = "Hallo" if language == "de" else "Hello"
    return f"{word} {name}," if name else f"{word},"


def _fill(part: str, values: Mapping[str, str]) -> str:
    return Template(part).substitute(values)


def _paragraph(text: str) -> str:
    return Template(_PARAGRAPH).substitute(text=html.escape(text))
