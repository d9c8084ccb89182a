"""`milanio user add` on a terminal: how it asks for a password."""

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import times
from tests.integration.test_cli import NEXT_PASSWORD, PASSWORD, Milanio, matches

# Becomes the command, with standard input as the terminal of a session of its own: getpass opens /dev/tty.
_ON_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'web.cli', *sys.argv[1:]])"
)


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, milanio: Milanio, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *words],
            cwd=milanio.folder,
            env=milanio.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def wait_for(self, text: str) -> None:
        """Read until the screen ends with this."""
        while not self.seen.endswith(text):
            got = os.read(self._ours, 4096)
            self.seen += got.decode()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read the rest; the exit status."""
        # Linux says the other end of a terminal is closed by an error.
        with contextlib.suppress(OSError):
            while got := os.read(self._ours, 4096):
                self.seen += got.decode()
        status = self.process.wait(times.seconds(30))
        assert "kanarienvogel" not in self.seen
        assert "Traceback" not in self.seen
        return status

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def bare(tmp_path: Path) -> Milanio:
    """In an empty folder, with no database set."""
    return Milanio(tmp_path, None)


@pytest.fixture
def adding(bare: Milanio) -> Iterator[Terminal]:
    """`milanio user add`, as far as it asks for the password."""
    bare.database = f"sqlite:///{bare.folder}/some.db"
    terminal = Terminal(bare, "user", "add", "ada@example.org", "--name", "Ada")
    try:
        terminal.wait_for("Password: ")
        yield terminal
    finally:
        terminal.close()


def test_a_password_is_asked_for_twice_and_not_shown(bare: Milanio, adding: Terminal) -> None:
    adding.type(f"{PASSWORD}\n")
    adding.wait_for("Repeat the password: ")
    adding.type(f"{PASSWORD}\n")
    assert adding.end() == 0
    assert matches(bare.user("ada@example.org"), PASSWORD)


def test_two_different_passwords_are_none(bare: Milanio, adding: Terminal) -> None:
    adding.type(f"{PASSWORD}\n")
    adding.wait_for("Repeat the password: ")
    adding.type(f"{NEXT_PASSWORD}\n")
    assert adding.end() == 2
    assert adding.seen.endswith("milanio: the passwords don't match\r\n")
    assert bare.ask(lambda store: store.users.count()) == 0


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", 2)], ids=["Ctrl-C", "Ctrl-D"])
def test_who_gives_up_at_the_prompt_leaves_nothing(bare: Milanio, adding: Terminal, key: str, status: int) -> None:
    adding.type(key)
    assert adding.end() == status
    assert bare.ask(lambda store: store.users.count()) == 0


def test_of_two_who_add_the_same_address_one_does(bare: Milanio, adding: Terminal) -> None:
    bare.done("user", "add", "ada@example.org", "--name", "First", given=PASSWORD)
    adding.type(f"{NEXT_PASSWORD}\n")
    adding.wait_for("Repeat the password: ")
    adding.type(f"{NEXT_PASSWORD}\n")
    assert adding.end() == 2
    assert adding.seen.endswith("milanio: ada@example.org already has an account\r\n")
    assert bare.user("ada@example.org").name == "First"
