"""The subcommands and flags of `milanio`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from sfu.forms import form
from signaling.version import version
from web.cli import api_keys, backup, database, licences, loadtest, rooms, users
from web.config_names import DEFAULT_FILE, FILE_VARIABLE, SELF_SIGNED
from web.security.load_test_token import MAX_HOURS

Run = Callable[[argparse.Namespace], int | None]
"""Carries a command out; the exit status, where it isn't 0."""


class _Words(argparse.ArgumentParser):
    """Tells a wrong word in one line, as everything else that is wrong is told."""

    def error(self, message: str) -> NoReturn:
        """End the program with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser(serve: Run, config: Run, doctor: Run, join: Run) -> argparse.ArgumentParser:
    """Make the parser of the command line; `run` in its result is the function to call with it."""
    words = _Words(
        prog="milanio",
        description="Self-hosted video calls.",
        epilog="Set options by flags, environment variables or a TOML file; milanio config lists them all.",
    )
    words.add_argument("--version", action="version", version=f"milanio {version()} ({form()})")
    commands = words.add_subparsers(metavar="COMMAND", required=True)
    serving = _command(commands, "serve", serve, "run the server: page, API, signaling and media relay")
    _add_server_settings(serving)
    listing = _command(commands, "config", config, "list every setting, its value, and where it comes from")
    _add_server_settings(listing)
    _add_json(listing)
    checking = _command(
        commands, "doctor", doctor, "find out what keeps the server from working, and what to do about it"
    )
    _add_server_settings(checking)
    _add_json(checking)
    checking.add_argument("--clock", metavar="URL", help="compare this machine's clock with that of this server")
    _add_join(_command(commands, "join", join, "join a room from the terminal: publish a file or a pattern, record"))
    migrating = _command(
        commands, "migrate", database.migrate, "bring the database up to date, as the server does at start"
    )
    _add_database_settings(migrating)
    _add_backup_commands(commands)
    _add_user_commands(commands)
    _add_room_commands(commands)
    _add_api_key_commands(commands)
    _add_load_test_commands(commands)
    _command(commands, "licences", licences.show, "print the licence notices of all parts of this program")
    return words


def _command(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
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
        commands, "backup", backup.save, "save accounts, rooms, chats and the key, also while the server runs"
    )
    saving.add_argument("file", metavar="FILE", help="where to; its content is secret")
    restoring = _command(commands, "restore", backup.restore, "restore a backup, of either kind of database")
    restoring.add_argument("file", metavar="FILE", help="a file that milanio backup has written")
    restoring.add_argument("--replace", action="store_true", help="delete what the database has")
    resetting = _command(
        commands, "reset-secret", backup.reset_secret, "make a new key and sign everyone out, if the key may be known"
    )
    for command in (saving, restoring, resetting):
        _add_database_settings(command)


def _add_user_commands(commands: Any) -> None:
    group = _group(commands, "user", "add, list, disable and delete accounts, whether or not the server is running")
    asks = "asks for the password, or reads it from standard input"
    add = _command(group, "add", users.add, f"add an account with a confirmed address; {asks}")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True, help="the name others see")
    add.add_argument("--admin", action="store_true", help="an administrator, who manages the whole server")
    listing = _command(group, "list", users.show, "list all accounts")
    _add_json(listing)
    disable = _command(group, "disable", users.disable, "disable an account and end its sessions")
    enable = _command(group, "enable", users.enable, "enable an account")
    delete = _command(
        group, "delete", users.delete, "delete an account with its rooms and their chats; can't be undone"
    )
    passwd = _command(group, "passwd", users.passwd, f"change a password and end the account's sessions; {asks}")
    admin = _command(group, "admin", users.admin, "make someone an administrator, who manages the whole server")
    admin.add_argument("--remove", action="store_true", help="let them no longer be one")
    for command in (disable, enable, delete, passwd, admin):
        command.add_argument("email", metavar="EMAIL")
    for command in (add, listing, disable, enable, delete, passwd, admin):
        _add_database_settings(command)


def _add_api_key_commands(commands: Any) -> None:
    group = _group(commands, "api-key", "make, list and revoke keys by which programs use the API")
    add = _command(group, "add", api_keys.add, "make a key and print it; it isn't stored, and can't be shown again")
    add.add_argument("name", metavar="NAME", help="what it is for")
    add.add_argument("--scope", required=True, action="append", metavar="LIST", help=api_keys.SCOPES_HELP)
    add.add_argument("--owner", metavar="EMAIL", help="account whose rooms it is good for, with rooms and join")
    add.add_argument("--days", type=float, metavar="NUMBER", help="how long it is valid (default: until it is revoked)")
    listing = _command(group, "list", api_keys.show, "list all keys")
    _add_json(listing)
    revoke = _command(group, "revoke", api_keys.revoke, "delete a key, which is invalid at once")
    revoke.add_argument("name", metavar="NAME")
    for command in (add, listing, revoke):
        _add_database_settings(command)


def _add_room_commands(commands: Any) -> None:
    group = _group(commands, "room", "list and end rooms, whether or not the server is running")
    listing = _command(group, "list", rooms.show, "list all rooms, most recently used first")
    _add_json(listing)
    end = _command(group, "end", rooms.end, "end a room for good and disconnect everyone in it")
    end.add_argument("code", metavar="CODE", help="code or link of the room")
    for command in (listing, end):
        _add_database_settings(command)


def _add_load_test_commands(commands: Any) -> None:
    testing = _command(commands, "loadtest", loadtest.run, "find out how much a server takes, and how well it does")
    loadtest.add_flags(testing)
    token = _command(
        commands,
        "loadtest-token",
        loadtest.print_token,
        "print a token that exempts a load test from this server's limits",
    )
    token.add_argument(
        "--hours", metavar="N", default="24", help=f"how long it is valid, up to {MAX_HOURS} (default: 24)"
    )
    _add_database_settings(token)
