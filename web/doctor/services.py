"""The database and the mail server."""

from storage.errors import StorageError
from storage.inspection import Inspected, inspect
from web.config import Settings
from web.doctor.finding import Finding, ok, problem
from web.mail import SendError
from web.mail.smtp import SmtpSender


async def try_database(settings: Settings) -> Inspected | str:
    """Look into the database, changing nothing. A text says why that failed."""
    if settings.database is None and not settings.default_database.exists():
        return Inspected(None)
    try:
        return await inspect(settings.database_url)
    except StorageError as error:
        return str(error)


def check_database(found: Inspected | str) -> Finding:
    """Check that the database opens, can be written, and isn't of a later version."""
    if isinstance(found, str):
        return problem(
            "database.unusable",
            "it can't be used: {reason}",
            "Check the setting database, that its server runs, and that this user may read and write there.",
            reason=found,
        )
    if found.version is None:
        return ok("database.empty", "there is nothing in it yet: the server makes its tables when it starts")
    if found.version > found.known:
        return problem(
            "database.later",
            "a later version of Milanio has used it (tables of version {version}; this one knows {known})",
            "Use that version, or restore a backup from before.",
            version=str(found.version),
            known=str(found.known),
        )
    if found.problem:
        return problem(
            "database.unwritable",
            "nothing can be written to it: {reason}",
            "Give this user the right to write.",
            reason=found.problem,
        )
    version, known = str(found.version), str(found.known)
    if found.version == found.known:
        return ok("database.current", "opens and can be written, tables of version {version}", version=version)
    return ok(
        "database.older",
        "opens and can be written, tables of version {version}, of {known}; the server brings it up to date",
        version=version,
        known=known,
    )


async def try_mail(settings: Settings) -> str | None:
    """Connect to the mail server, with TLS and password, and send nothing. Returns what went wrong."""
    if settings.smtp is None:
        return None
    try:
        await SmtpSender(settings.smtp).greet()
    except SendError as error:
        return str(error)
    return None


def check_mail(settings: Settings, error: str | None) -> Finding:
    """Check that mail can be sent; `error`: what the attempt gave."""
    smtp = settings.smtp
    if smtp is None:
        return ok("mail.unset", "no mail server is set: mails go to the log, and addresses aren't confirmed")
    server, tls = smtp.host, "without TLS" if smtp.tls == "none" else f"with TLS ({smtp.tls})"
    if error is None and smtp.username:
        return ok("mail.signed_in", "connected to {server}, {tls}, and signed in", server=server, tls=tls)
    if error is None:
        return ok("mail.connected", "connected to {server}, {tls}", server=server, tls=tls)
    return problem(
        "mail.fails",
        "no mail can be sent over {server}, {tls}: {reason}",
        "Check the settings that begin with smtp_; many providers block port 25 and offer 587 or 465.",
        server=server,
        tls=tls,
        reason=error,
    )
