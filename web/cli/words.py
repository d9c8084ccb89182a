"""The subcommands and flags of `milanio`.

A command's module is imported when the command runs: all together take a second, and each needs only its own libraries.
"""

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from sfu.forms import form
from signaling.version import version
from web.config_names import DEFAULT_FILE, FILE_VARIABLE, SELF_SIGNED

Run = Callable[[argparse.Namespace], int | None]
"""Carries a command out; the exit status, where it isn't 0."""


@dataclass(frozen=True, slots=True)
class Later:
    """A function of `web.cli.MODULE`, which is imported when the command runs."""

    module: str
    name: str

    @property
    def function(self) -> Run:
        """The function itself."""
        found: Run = getattr(importlib.import_module(f"web.cli.{self.module}"), self.name)
        return found

    def __call__(self, arguments: argparse.Namespace) -> int | None:
        """Run it."""
        return self.function(arguments)


class _Words(argparse.ArgumentParser):
    """Tells a wrong word in one line, as everything else that is wrong is told."""

    later: "Callable[[_Words], None] | None" = None
    """Adds the flags once the command is chosen, where their descriptions come from modules that are slow to import."""

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:
        """Parse, as every use of a parser and of its commands does."""
        later, self.later = self.later, None
        if later is not None:
            later(self)
        return super().parse_known_args(*arguments, **named)

    def error(self, message: str) -> NoReturn:
        """End the program with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line; `run` in its result is the function to call with it."""
    words = _Words(
        prog="milanio",
        description="Self-hosted video calls.",
        epilog="Set options by flags, environment variables or a TOML file; milanio config lists them all.",
    )
    words.add_argument("--version", action="version", version=f"milanio {version()} ({form()})")
    commands = words.add_subparsers(metavar="COMMAND", required=True)
    serving = _command(commands, "serve", Later("serve", "run"), "run the server: page, API, signaling and media relay")
    _add_server_settings(serving)
    listing = _command(
        commands, "config", Later("settings", "show"), "list every setting, its value, and where it comes from"
    )
    _add_server_settings(listing)
    _add_json(listing)
    checking = _command(
        commands,
        "doctor",
        Later("doctor", "run"),
        "find out what keeps the server from working, and what to do about it",
    )
    _add_server_settings(checking)
    _add_json(checking)
    checking.add_argument("--clock", metavar="URL", help="compare this machine's clock with that of this server")
    _add_join(
        _command(
            commands, "join", Later("join", "run"), "join a room from the terminal: publish a file or a pattern, record"
        )
    )
    migrating = _command(
        commands, "migrate", Later("database", "migrate"), "bring the database up to date, as the server does at start"
    )
    _add_database_settings(migrating)
    _add_backup_commands(commands)
    _add_user_commands(commands)
    _add_room_commands(commands)
    _add_api_key_commands(commands)
    _add_load_test_commands(commands)
    _command(commands, "licences", Later("licences", "show"), "print the licence notices of all parts of this program")
    return words


def _command(commands: Any, name: str, run: Run, text: str) -> _Words:
    command: _Words = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.set_defaults(run=run)
    return command


def _add_database_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"settings in TOML (default: {FILE_VARIABLE}, or {DEFAULT_FILE} if it exists)",
    )
    command.add_argument("--data", metavar="FOLDER", help="folder for the key and the database (default: data)")


def _add_server_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: all)")
    command.add_argument("--port", metavar="NUMBER", help="TCP port, and UDP port of the relay (default: 8080)")
    command.add_argument("--media-port", metavar="NUMBER", help="UDP port of the relay, if different")
    command.add_argument(
        "--announce", metavar="LIST", help="addresses at which browsers reach the relay, separated by commas"
    )
    command.add_argument(
        "--domain", metavar="NAME", help="get a certificate for this name, and serve HTTPS on port 443"
    )
    command.add_argument(
        "--tls-certificate", metavar="FILE", help=f"certificate for HTTPS, or '{SELF_SIGNED}' (default: no HTTPS)"
    )
    command.add_argument("--tls-key", metavar="FILE", help="its key, if that is in another file")
    _add_database_settings(command)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_join(command: argparse.ArgumentParser) -> None:
    command.add_argument("url", help="address of the server, such as http://localhost:8080, or the link of a room")
    command.add_argument("--room", default="", metavar="CODE", help="code or link of the room, unless URL has it")
    command.add_argument("--name", default="Milanio bot", help="display name")
    command.add_argument(
        "--publish",
        metavar="FILE",
        help="media file to publish as camera and microphone, in a loop; 'pattern' for a test pattern",
    )
    command.add_argument(
        "--screen", metavar="FILE", help="the same, as a shared screen with its sound; can be combined with --publish"
    )
    command.add_argument(
        "--record", metavar="FILE", help="record the first video and audio received to this file (.mkv, .webm)"
    )
    command.add_argument(
        "--seconds", type=float, help="leave after this many seconds (default: stay until interrupted)"
    )


def _group(commands: Any, name: str, text: str) -> Any:
    group = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    return group.add_subparsers(metavar="COMMAND", required=True)


def _add_backup_commands(commands: Any) -> None:
    saving = _command(
        commands,
        "backup",
        Later("backup", "save"),
        "save accounts, rooms, chats and the key, also while the server runs",
    )
    saving.add_argument("file", metavar="FILE", help="where to; its content is secret")
    restoring = _command(
        commands, "restore", Later("backup", "restore"), "restore a backup, of either kind of database"
    )
    restoring.add_argument("file", metavar="FILE", help="a file that milanio backup has written")
    restoring.add_argument("--replace", action="store_true", help="delete what the database has")
    resetting = _command(
        commands,
        "reset-secret",
        Later("backup", "reset_secret"),
        "make a new key and sign everyone out, if the key may be known",
    )
    for command in (saving, restoring, resetting):
        _add_database_settings(command)


def _add_user_commands(commands: Any) -> None:
    group = _group(commands, "user", "add, list, disable and delete accounts, whether or not the server is running")
    asks = "asks for the password, or reads it from standard input"
    add = _command(group, "add", Later("users", "add"), f"add an account with a confirmed address; {asks}")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True, help="the name others see")
    add.add_argument("--admin", action="store_true", help="an administrator, who manages the whole server")
    listing = _command(group, "list", Later("users", "show"), "list all accounts")
    _add_json(listing)
    disable = _command(group, "disable", Later("users", "disable"), "disable an account and end its sessions")
    enable = _command(group, "enable", Later("users", "enable"), "enable an account")
    delete = _command(
        group, "delete", Later("users", "delete"), "delete an account with its rooms and their chats; can't be undone"
    )
    passwd = _command(
        group, "passwd", Later("users", "passwd"), f"change a password and end the account's sessions; {asks}"
    )
    admin = _command(
        group, "admin", Later("users", "admin"), "make someone an administrator, who manages the whole server"
    )
    admin.add_argument("--remove", action="store_true", help="let them no longer be one")
    for command in (disable, enable, delete, passwd, admin):
        command.add_argument("email", metavar="EMAIL")
    for command in (add, listing, disable, enable, delete, passwd, admin):
        _add_database_settings(command)


def _add_api_key_commands(commands: Any) -> None:
    group = _group(commands, "api-key", "make, list and revoke keys by which programs use the API")
    add = _command(
        group, "add", Later("api_keys", "add"), "make a key and print it; it isn't stored, and can't be shown again"
    )
    add.later = _add_key_flags
    listing = _command(group, "list", Later("api_keys", "show"), "list all keys")
    _add_json(listing)
    revoke = _command(group, "revoke", Later("api_keys", "revoke"), "delete a key, which is invalid at once")
    revoke.add_argument("name", metavar="NAME")
    for command in (listing, revoke):
        _add_database_settings(command)


def _add_key_flags(command: _Words) -> None:
    from web.cli.api_keys import SCOPES_HELP

    command.add_argument("name", metavar="NAME", help="what it is for")
    command.add_argument("--scope", required=True, action="append", metavar="LIST", help=SCOPES_HELP)
    command.add_argument("--owner", metavar="EMAIL", help="account whose rooms it is good for, with rooms and join")
    command.add_argument(
        "--days", type=float, metavar="NUMBER", help="how long it is valid (default: until it is revoked)"
    )
    _add_database_settings(command)


def _add_room_commands(commands: Any) -> None:
    group = _group(commands, "room", "list and end rooms, whether or not the server is running")
    listing = _command(group, "list", Later("rooms", "show"), "list all rooms, most recently used first")
    _add_json(listing)
    end = _command(group, "end", Later("rooms", "end"), "end a room for good and disconnect everyone in it")
    end.add_argument("code", metavar="CODE", help="code or link of the room")
    for command in (listing, end):
        _add_database_settings(command)


def _add_load_test_commands(commands: Any) -> None:
    testing = _command(
        commands, "loadtest", Later("loadtest", "run"), "find out how much a server takes, and how well it does"
    )
    testing.later = _add_load_test_flags
    token = _command(
        commands,
        "loadtest-token",
        Later("loadtest", "print_token"),
        "print a token that exempts a load test from this server's limits",
    )
    token.later = _add_token_flags


def _add_load_test_flags(command: _Words) -> None:
    from web.cli import loadtest

    loadtest.add_flags(command)


def _add_token_flags(command: _Words) -> None:
    from web.security.load_test_token import MAX_HOURS

    command.add_argument(
        "--hours", metavar="N", default="24", help=f"how long it is valid, up to {MAX_HOURS} (default: 24)"
    )
    _add_database_settings(command)
