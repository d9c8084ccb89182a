"""The commands of `milanio` on a database, from outside: what they do, and what they say when something is wrong."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from signaling.messages.room_settings import NEW_ROOM
from signaling.version import version
from storage.models import current
from storage.records import User
from storage.store import Store
from tests import times
from tests.storage.postgres import Postgres
from web import cli, page
from web.security.passwords import PasswordHasher

T = TypeVar("T")

PASSWORD = "kanarienvogel gelb"
NEXT_PASSWORD = "kanarienvogel grün"
CODE = "abcde-fghjk-mnpqr"


class Milanio:
    """Runs commands in a folder of its own, on one database."""

    def __init__(self, folder: Path, database: str | None) -> None:
        self.folder = folder
        self.database = database

    def environment(self, **more: str) -> dict[str, str]:
        root = Path(page.__file__).resolve().parent.parent
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MILANIO_")}
        database = {} if self.database is None else {"MILANIO_DATABASE": self.database}
        return {**kept, "PYTHONPATH": str(root), **database, **more}

    def __call__(self, *words: str, given: str | bytes = b"", **more: str) -> subprocess.CompletedProcess[str]:
        given = given.encode() if isinstance(given, str) else given
        command = [sys.executable, "-m", "web.cli", *words]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(**more),
            input=given,
            capture_output=True,
            timeout=times.seconds(60),
        )
        output, errors = done.stdout.decode(), done.stderr.decode()
        assert "kanarienvogel" not in output + errors
        return subprocess.CompletedProcess(words, done.returncode, output, errors)

    def done(self, *words: str, given: str = "", **more: str) -> str:
        """The output of a command that succeeds."""
        done = self(*words, given=given, **more)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def refused(self, *words: str, given: str | bytes = b"", **more: str) -> str:
        """The one line of a command that doesn't."""
        done = self(*words, given=given, **more)
        assert (done.returncode, done.stdout) == (2, ""), done
        (line,) = done.stderr.splitlines()
        assert line.startswith("milanio: ")
        return line.removeprefix("milanio: ")

    def ask(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """What `work` finds in the database."""

        async def asked() -> T:
            assert self.database is not None
            async with Store(self.database, new_room=NEW_ROOM) as store:
                return await work(store)

        return asyncio.run(asked())

    def user(self, email: str) -> User:
        found = self.ask(lambda store: store.users.by_email(email))
        assert found is not None
        return found


@pytest.fixture(params=["sqlite", "postgres"])
def milanio(request: pytest.FixtureRequest, tmp_path: Path) -> Milanio:
    (tmp_path / "cwd").mkdir()
    return Milanio(tmp_path / "cwd", request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def bare(tmp_path: Path) -> Milanio:
    """In an empty folder, with no database set."""
    return Milanio(tmp_path, None)


@pytest.fixture
def refused_here(
    bare: Milanio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """As `Milanio.refused`, in this process: for many cases, as starting one takes half a second."""
    for name in [name for name in os.environ if name.startswith("MILANIO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(bare.folder)

    def refused(*words: str, given: str | bytes = b"") -> str:
        given = given.encode() if isinstance(given, str) else given
        if bare.database is not None:
            monkeypatch.setenv("MILANIO_DATABASE", bare.database)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
        assert cli.main([*words]) == 2
        output, errors = capsys.readouterr()
        assert output == ""
        assert "kanarienvogel" not in errors
        (line,) = errors.splitlines()
        assert line.startswith("milanio: ")
        return str(line.removeprefix("milanio: "))

    return refused


def matches(user: User, password: str) -> bool:
    async def verified() -> bool:
        hasher = PasswordHasher()
        try:
            return await hasher.verify(password, user.password_hash)
        finally:
            hasher.close()

    return asyncio.run(verified())


def test_the_life_of_an_account(milanio: Milanio) -> None:
    added = milanio.done("user", "add", "Ada@Example.org", "--name", "  Ada Lovelace ", given=f"{PASSWORD}\n")
    assert added == "added Ada@example.org\n"
    ada = milanio.user("ada@example.org")
    assert (ada.name, ada.disabled_at) == ("Ada Lovelace", None)
    assert ada.verified_at is not None
    assert matches(ada, PASSWORD)
    assert "already" in milanio.refused("user", "add", "ADA@example.org", "--name", "x", given="never read")

    milanio.ask(lambda store: store.tokens.issue_session(ada.id, time.time(), 3600))
    changed = milanio.done("user", "passwd", "ada@example.org", given=NEXT_PASSWORD)
    assert changed == "changed the password of ada@example.org; all sessions have ended\n"
    assert matches(milanio.user(ada.email), NEXT_PASSWORD)
    assert milanio.ask(lambda store: store.tokens.list(ada.id, time.time())) == []

    milanio.ask(lambda store: store.tokens.issue_session(ada.id, time.time(), 3600))
    milanio.done("user", "disable", "ADA@example.org")
    assert milanio.user(ada.email).disabled_at is not None
    assert milanio.ask(lambda store: store.tokens.list(ada.id, time.time())) == []
    milanio.done("user", "enable", "ada@example.org")
    assert milanio.user(ada.email).disabled_at is None


def test_an_account_is_deleted_with_its_rooms(milanio: Milanio) -> None:
    milanio.done("user", "add", "ada@example.org", "--name", "Ada", given=PASSWORD)
    ada = milanio.user("ada@example.org")

    async def fill(store: Store) -> str:
        await store.tokens.issue_session(ada.id, time.time(), 3600)
        return (await store.rooms.create("abcdefghjkmnpqr", ada.id, time.time())).id

    room = milanio.ask(fill)
    assert milanio.done("user", "delete", "ADA@example.org").startswith("deleted ADA@example.org and the rooms")
    assert json.loads(milanio.done("user", "list", "--json")) == []
    assert milanio.ask(lambda store: store.rooms.by_id(room)) is None
    assert "no account" in milanio.refused("user", "delete", "ada@example.org")


def test_it_says_which_version_it_is(bare: Milanio) -> None:
    assert bare.done("--version") == f"milanio {version()} (pure Python)\n"


def test_accounts_are_listed(milanio: Milanio) -> None:
    assert milanio.done("user", "list").split() == ["E-MAIL", "NAME", "STATE", "REGISTERED"]

    async def fill(store: Store) -> None:
        for number, email in enumerate(("a@x.org", "b@x.org", "c@x.org")):
            user = await store.users.create(email, f"\x1b[31m{email[0]}", "kanarienvogel", 86_400.0 * number)
            if number:
                await store.users.verify(user.id, 1.0)
        await store.users.disable(user.id, 2.0)

    milanio.ask(fill)
    lines = [line.split() for line in milanio.done("user", "list").splitlines()]
    assert lines[1:] == [
        ["a@x.org", "�[31ma", "not", "verified", "1970-01-01T00:00:00Z"],
        ["b@x.org", "�[31mb", "active", "1970-01-02T00:00:00Z"],
        ["c@x.org", "�[31mc", "disabled", "1970-01-03T00:00:00Z"],
    ]
    found = json.loads(milanio.done("user", "list", "--json"))
    assert [each.pop("id") for each in found] == [milanio.user(f"{letter}@x.org").id for letter in "abc"]
    assert found[2] == {
        "email": "c@x.org",
        "name": "\x1b[31mc",
        "registered_at": "1970-01-03T00:00:00Z",
        "verified_at": "1970-01-01T00:00:01Z",
        "disabled_at": "1970-01-01T00:00:02Z",
        "administrator_since": None,
    }


def test_a_long_list_comes_whole(bare: Milanio) -> None:
    bare.database = f"sqlite:///{bare.folder}/long.db"

    async def fill(store: Store) -> None:
        for number in range(501):
            await store.users.create(f"u{number}@x.org", "x", "x", 1.0)
            await store.rooms.create(f"code{number}", None, 1.0)

    bare.ask(fill)
    users = json.loads(bare.done("user", "list", "--json"))
    rooms = json.loads(bare.done("room", "list", "--json"))
    assert len({user["email"] for user in users}) == len({room["code"] for room in rooms}) == 501


@pytest.mark.parametrize("command", ["disable", "enable", "delete", "passwd"])
@pytest.mark.parametrize("email", ["nobody@example.org", "nobody", "", "x" * 300 + "@example.org", "\x1b[31m@x.org"])
def test_an_account_that_isn_t_there(bare: Milanio, refused_here: Callable[..., str], command: str, email: str) -> None:
    bare.database = f"sqlite:///{bare.folder}/some.db"
    line = refused_here("user", command, email, given="never read")
    assert line.startswith("there is no account with the address ")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("email", "name", "given", "words"),
    [
        ("ada", "Ada", PASSWORD, "n't a valid email address"),
        ("ada@example.org", "", PASSWORD, "Enter a name"),
        ("ada@example.org", "\u200b", PASSWORD, "Enter a name"),
        ("ada@example.org", "A" * 65, PASSWORD, "longer than 64"),
        ("ada@example.org", "Ada", "", "at least 8 characters"),
        ("ada@example.org", "Ada", "\n" + PASSWORD, "at least 8 characters"),
        ("ada@example.org", "Ada", "password123", "most common"),
        ("ada@example.org", "Ada", "kanarienvogel" * 100_000, "72 bytes at most"),
        ("ada@example.org", "Ada", b"kanarienvogel\xff", "isn't valid UTF-8"),
        ("ada@example.org", "Ada", "kanarienvogel\0gelb", "control characters"),
    ],
)
def test_an_account_that_can_t_be_made(
    bare: Milanio, refused_here: Callable[..., str], email: str, name: str, given: str | bytes, words: str
) -> None:
    bare.database = f"sqlite:///{bare.folder}/some.db"
    assert words in refused_here("user", "add", email, "--name", name, given=given)
    assert bare.ask(lambda store: store.users.count()) == 0


def test_rooms_are_listed_and_ended(milanio: Milanio) -> None:
    assert milanio.done("room", "list").split() == ["CODE", "TITLE", "STATE", "OWNER", "LAST", "USED"]

    async def fill(store: Store) -> None:
        owner = await store.users.create("ada@x.org", "Ada", "x", 1.0)
        first = await store.rooms.create(CODE, owner.id, 0.0, title="Stand-up\x1b]0;x\x07 \u202e")
        await store.rooms.set_state(first.id, "active", 86_400.0)
        await store.rooms.create("mnpqr-abcde-fghjk", None, 60.0, ttl_seconds=60.0)

    milanio.ask(fill)
    lines = [line.split() for line in milanio.done("room", "list").splitlines()]
    assert lines[1:] == [
        [CODE, "Stand-up�]0;x�", "�", "active", "ada@x.org", "1970-01-02T00:00:00Z"],
        ["mnpqr-abcde-fghjk", "created", "1970-01-01T00:01:00Z"],
    ]
    assert milanio.done("room", "end", " ABCDE fghjkmnpqr") == f"ended room {CODE}\n"
    room = milanio.ask(lambda store: store.rooms.by_code(CODE))
    assert room is not None
    assert room.state == "destroyed"
    assert room.ended_at == pytest.approx(time.time(), abs=60)
    assert milanio.done("room", "end", CODE) == f"room {CODE} has already ended\n"
    found = json.loads(milanio.done("room", "list", "--json"))
    assert [(each["code"], each["state"], each["owner"]) for each in found] == [
        (CODE, "destroyed", "ada@x.org"),
        ("mnpqr-abcde-fghjk", "created", None),
    ]
    assert (found[1]["last_used_at"], found[1]["expires_at"]) == ("1970-01-01T00:01:00Z", "1970-01-01T00:02:00Z")


@pytest.mark.parametrize("code", ["xxxxx-xxxxx-xxxxx", "", "x" * 500, "\x1b[31m", "\udcff"])
def test_a_room_that_isn_t_there(bare: Milanio, refused_here: Callable[..., str], code: str) -> None:
    bare.database = f"sqlite:///{bare.folder}/some.db"
    line = refused_here("room", "end", code)
    assert line.startswith("there is no room with the code ")
    assert line.isprintable()


def test_migrate_says_what_it_did(milanio: Milanio) -> None:
    first = milanio.done("migrate").splitlines()
    assert first[0] == "done: 1 accounts"
    assert all(line.startswith("done: ") for line in first)
    assert milanio.done("migrate") == "nothing to do\n"


def test_a_database_of_a_later_version_stays_as_it_is(milanio: Milanio) -> None:
    milanio.done("migrate")

    async def age(store: Store) -> None:
        sql = "INSERT INTO schema_version (version, name) VALUES (9999, 'later')"
        await store.database.run(lambda: current.execute_sql(sql))

    milanio.ask(age)
    for command in (("migrate",), ("user", "list")):
        assert milanio.refused(*command).startswith("database: the database is at version 9999")


COMMANDS = [
    ("migrate",),
    ("user", "add", "ada@example.org", "--name", "Ada"),
    ("user", "list"),
    ("user", "disable", "ada@example.org"),
    ("user", "enable", "ada@example.org"),
    ("user", "passwd", "ada@example.org"),
    ("room", "list"),
    ("room", "end", CODE),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_can_t_be_reached_is_one_line(
    bare: Milanio, refused_here: Callable[..., str], command: tuple[str, ...]
) -> None:
    bare.database = "postgresql://ada:kanarienvogel@127.0.0.1:1/milanio"
    assert "database: connection failed" in refused_here(*command, given=PASSWORD)


def test_no_traceback_from_outside_either(bare: Milanio) -> None:
    bare.database = "postgresql://ada:kanarienvogel@127.0.0.1:1/milanio"
    for command in (("user", "add", "ada@example.org", "--name", "Ada"), ("room", "end", CODE), ("migrate",)):
        assert "database: connection failed" in bare.refused(*command, given=PASSWORD)


def test_files_that_are_no_database(bare: Milanio, refused_here: Callable[..., str]) -> None:
    (bare.folder / "file.db").write_bytes(b"kanarienvogel" * 1000)
    bare.database = "sqlite:///file.db"
    assert refused_here("user", "list") == "database: file is not a database"
    bare.database = "sqlite:///nowhere/file.db"
    assert refused_here("user", "list") == "database: cannot open the database file: No such file or directory"


def test_a_postgresql_user_without_rights_is_one_line(postgres: Postgres, postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN")
        try:
            visitor = Milanio(tmp_path, postgres_url.replace("postgres@", "visitor@"))
            assert "permission denied for schema public" in visitor.refused("migrate")
        finally:
            connection.execute("DROP ROLE visitor")


def test_without_a_database_only_what_begins_with_one_makes_it(bare: Milanio, refused_here: Callable[..., str]) -> None:
    for command in COMMANDS[2:]:
        assert refused_here(*command).startswith(f"there is no database {bare.folder}/data/milanio.db yet")
    assert list(bare.folder.iterdir()) == []
    bare.done("user", "add", "ada@example.org", "--name", "Ada", "--data", "there", given=PASSWORD)
    assert (bare.folder / "there").stat().st_mode & 0o077 == 0
    assert (bare.folder / "there" / "milanio.db").stat().st_mode & 0o077 == 0
    (bare.folder / "settings.toml").write_text('data = "there"\n')
    assert "ada@example.org" in bare.done("user", "list", "--config", "settings.toml")
    (bare.folder / "file").write_text("")
    assert "data folder file/x: " in refused_here("migrate", "--data", "file/x")
    assert "Not a directory" in refused_here("user", "list", "--data", "file/x")


def test_wrong_settings_are_one_line(bare: Milanio, refused_here: Callable[..., str]) -> None:
    assert "setting port (flag --port)" in bare.refused("config", "--port", "many")
    assert "setting secret (environment MILANIO_SECRET)" in bare.refused("serve", MILANIO_SECRET="kanarienvogel")
    bare.database = "postgresql://ada:kanarien@vogel:kanarienvogel/x"
    for command in (("config",), ("config", "--json"), ("serve",), *COMMANDS):
        line = refused_here(*command, given=PASSWORD)
        assert line.startswith("setting database (environment MILANIO_DATABASE): ")
    assert list(bare.folder.iterdir()) == []


def test_config_warns_of_likely_mistakes(bare: Milanio) -> None:
    done = bare("config", MILANIO_PORTT="kanarienvogel", MILANIO_PORT="9000")
    assert done.returncode == 0
    assert (
        done.stderr
        == "milanio: warning: there is no setting for the environment variable MILANIO_PORTT; did you mean port?\n"
    )
    assert "environment MILANIO_PORT " in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("serve",),
        ("config",),
        ("join",),
        ("migrate",),
        ("user",),
        ("user", "add"),
        ("user", "passwd"),
        ("room",),
        ("room", "end"),
    ],
    ids=" ".join,
)
def test_every_command_has_a_help_text(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(" ".join(["usage: milanio", *command]))
    assert len(text.splitlines()) > 6


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["serve", "--prt", "3"], ["loadtest", "--rooms"]], ids=" ".join)
def test_a_wrong_word_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("milanio")
    assert line.endswith("--help")


def test_a_terminal_that_can_t_show_a_name(bare: Milanio) -> None:
    bare.database = f"sqlite:///{bare.folder}/some.db"
    bare.ask(lambda store: store.users.create("zoe@x.org", "Zoë 🌞", "x", 1.0))
    assert "Zo? ?" in bare.done("user", "list", PYTHONIOENCODING="ascii")


def test_a_reader_that_has_seen_enough(bare: Milanio) -> None:
    bare.database = f"sqlite:///{bare.folder}/some.db"
    bare.done("migrate")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "web.cli", "user", "list"]
    try:
        done = subprocess.run(
            command,
            cwd=bare.folder,
            env=bare.environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=times.seconds(60),
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_commands_work_beside_a_running_server(milanio: Milanio) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "serve", "--host", "127.0.0.1", "--port", "0"],
        cwd=milanio.folder,
        env=milanio.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith(b"Milanio is at ")
        milanio.done("user", "add", "ada@example.org", "--name", "Ada", given=PASSWORD)
        milanio.ask(lambda store: store.rooms.create(CODE, None, time.time()))
        milanio.done("room", "end", CODE)
        assert milanio.done("migrate") == "nothing to do\n"
        assert milanio.user("ada@example.org").name == "Ada"
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=times.seconds(30))
    assert server.returncode == 0, errors
    assert b"kanarienvogel" not in errors


def test_json_goes_alone_to_standard_output(bare: Milanio) -> None:
    found: list[dict[str, Any]] = json.loads(bare.done("config", "--json", "--port", "0"))
    assert {"name": "port", "value": 0, "from": "flag --port"}.items() <= found[1].items()


def test_administrators_and_api_keys(milanio: Milanio) -> None:
    assert "an administrator" in milanio.done(
        "user", "add", "ada@example.org", "--name", "Ada", "--admin", given=f"{PASSWORD}\n"
    )
    milanio.done("user", "add", "ben@example.org", "--name", "Ben", given=f"{PASSWORD}\n")
    assert milanio.user("ada@example.org").administrator_at is not None
    assert milanio.user("ben@example.org").administrator_at is None
    assert "is now" in milanio.done("user", "admin", "ben@example.org")
    assert milanio.user("ben@example.org").administrator_at is not None
    assert "no longer" in milanio.done("user", "admin", "ben@example.org", "--remove")
    assert milanio.user("ben@example.org").administrator_at is None
    assert "no account" in milanio.refused("user", "admin", "cy@example.org")
    token = milanio.done("api-key", "add", "Monitoring", "--scope", "server.read,calls.read").strip()
    assert token.startswith("milanio_")
    assert "already" in milanio.refused("api-key", "add", "Monitoring", "--scope", "server.read")
    assert "isn't a scope" in milanio.refused("api-key", "add", "Other", "--scope", "everything")
    assert "Name one with --owner" in milanio.refused("api-key", "add", "Other", "--scope", "rooms")
    owned = ("api-key", "add", "Portal", "--owner", "ben@example.org")
    assert "has to be an administrator" in milanio.refused(*owned, "--scope", "rooms,server.read")
    assert "no account" in milanio.refused(*owned[:3], "--owner", "cy@example.org", "--scope", "rooms")
    assert "--days" in milanio.refused(*owned, "--scope", "rooms", "--days", "0")
    milanio.done(*owned, "--scope", "rooms,join", "--days", "30")
    assert milanio.done("api-key", "list").splitlines()[2].split()[:4] == ["Portal", "join", "rooms", "ben@example.org"]
    _, portal = json.loads(milanio.done("api-key", "list", "--json"))
    assert (portal["owner"], portal["expires_at"] > portal["created_at"]) == ("ben@example.org", True)
    milanio.done("api-key", "revoke", "Portal")
    listed = milanio.done("api-key", "list")
    assert token not in listed
    assert listed.splitlines()[1].split()[:3] == ["Monitoring", "calls.read", "server.read"]
    (key,) = json.loads(milanio.done("api-key", "list", "--json"))
    assert (key["scopes"], key["last_used_at"]) == (["calls.read", "server.read"], None)
    milanio.done("api-key", "revoke", "Monitoring")
    assert "no key" in milanio.refused("api-key", "revoke", "Monitoring")
