"""The database and the mail server."""

from storage.errors import StorageError
from storage.inspection import Inspected, inspect
from web.config import Settings
from web.doctor.finding import Finding, ok, problem
from web.mail import SendError, SmtpSender


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
            "database",
            f"it can't be used: {found}",
            "Check the setting database, that its server runs, and that this user may read and write there.",
        )
    if found.version is None:
        return ok("database", "there is nothing in it yet: the server makes its tables when it starts")
    if found.version > found.known:
        return problem(
            "database",
            f"a later version of Milanio has used it (tables of version {found.version}; this one knows {found.known})",
            "Use that version, or restore a backup from before.",
        )
    if found.problem:
        return problem(
            "database", f"nothing can be written to it: {found.problem}", "Give this user the right to write."
        )
    older = f", of {found.known}; the server brings it up to date" if found.version < found.known else ""
    return ok("database", f"opens and can be written, tables of version {found.version}{older}")


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
        return ok("mail", "no mail server is set: mails go to the log, and addresses aren't confirmed")
    where = f"{smtp.host}, {'without TLS' if smtp.tls == 'none' else f'with TLS ({smtp.tls})'}"
    if error is None:
        return ok("mail", f"connected to {where}{', and signed in' if smtp.username else ''}")
    return problem(
        "mail",
        f"no mail can be sent over {where}: {error}",
        "Check the settings that begin with smtp_; many providers block port 25 and offer 587 or 465.",
    )
