"""The log on standard error: as text or JSON, with or without personal data."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class _Lines(logging.Formatter):
    """One line for each record, followed by its traceback."""

    def __init__(self, *, people: bool) -> None:
        super().__init__()
        self._people = people

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return what a record has besides its message."""
        found: dict[str, Any] = dict(getattr(record, "facts", {}))
        if self._people:
            found |= getattr(record, "people", {})
        return found


class TextLines(_Lines):
    """Lines such as `2026-01-31 12:00:00,000 INFO signaling.diary: joined room=… participant=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as such a line."""
        facts = "".join(f" {name}={_plain(value)}" for name, value in self.facts(record).items())
        # Text from outside must not look like separate lines.
        message = " ".join(record.getMessage().split("\n"))
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {message}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(_Lines):
    """One JSON object per line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as such an object."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "source": record.name,
            "message": record.getMessage(),
        }
        line = {**self.facts(record), **line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _plain(value: Any) -> str:
    """Format a value as one word, or in quotation marks."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if text.isprintable() and text and not set(text) & set(' "='):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def configure(level: str, form: str, *, people: bool) -> None:
    """Set up the log. `level` is `debug`, `info`, `warning` or `error`, `form` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter((JsonLines if form == "json" else TextLines)(people=people))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
