"""Mail to the server's users: its texts, how it is sent, and the worker that sends what is queued; `smtp` is apart."""

from web.mail.addresses import MailError, check_address, check_name, link, mailable_name
from web.mail.message import MailKind, MailMessage, OutgoingMail
from web.mail.senders import LogSender, SendError, SmtpSettings, Tls
from web.mail.templates import Language
from web.mail.worker import MailQueue, MailSender, MailWorker

__all__ = [
    "Language",
    "LogSender",
    "MailError",
    "MailKind",
    "MailMessage",
    "MailQueue",
    "MailSender",
    "MailWorker",
    "OutgoingMail",
    "SendError",
    "SmtpSettings",
    "Tls",
    "check_address",
    "check_name",
    "link",
    "mailable_name",
]
