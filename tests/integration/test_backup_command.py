"""`milanio backup`, `restore` and `reset-secret`, beside a server and without one."""

import asyncio
import secrets
import shutil
import signal
import stat
from pathlib import Path

import aiohttp
import pytest

from signaling.client import Client, ClientError, create_room
from storage.store import Store
from tests.integration.process import running
from tests.integration.test_cli import PASSWORD, Milanio, matches

EMAIL = "ada@example.org"
KEY = Path("data") / "secret.key"


@pytest.fixture
def bare(tmp_path: Path) -> Milanio:
    return Milanio(tmp_path, None)


def test_a_backup_brings_everything_to_another_machine(bare: Milanio, tmp_path: Path) -> None:
    bare.done("user", "add", EMAIL, "--name", "Ada", given=PASSWORD)
    key = tmp_path / KEY
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    assert bare.done("backup", "saved") == "saved 1 account, 0 rooms, 0 messages, and the key\n"
    assert stat.S_IMODE((tmp_path / "saved").stat().st_mode) == 0o600
    other = Milanio(tmp_path / "other", None)
    other.folder.mkdir()
    first, second = other.done("restore", str(tmp_path / "saved")).splitlines()
    assert first.startswith("restored 1 account, 0 rooms, 0 messages, of 20")
    assert "restart the server" in second
    assert (other.folder / KEY).read_bytes() == bytes(range(32))
    assert stat.S_IMODE((other.folder / KEY).stat().st_mode) == 0o600
    other.database = f"sqlite:///{other.folder / 'data' / 'milanio.db'}"
    assert matches(other.user(EMAIL), PASSWORD)


def test_restore_replaces_only_what_it_was_told_to(bare: Milanio) -> None:
    bare.done("user", "add", EMAIL, "--name", "Ada", given=PASSWORD)
    bare.done("backup", "saved")
    bare.done("user", "add", "ben@example.org", "--name", "Ben", given=PASSWORD)
    assert bare.refused("restore", "saved") == (
        "the database isn't empty (users); add --replace to put the backup in its place"
    )
    assert "ben@example.org" in bare.done("user", "list")
    bare.done("restore", "saved", "--replace")
    assert "ben@example.org" not in bare.done("user", "list")


def test_each_mistake_is_one_line_and_loses_nothing(bare: Milanio, tmp_path: Path) -> None:
    assert "there is no database" in bare.refused("backup", "saved")
    assert bare.refused("restore", "nothing") == "nothing can't be read: No such file or directory"
    assert not (tmp_path / "data").exists()
    bare.done("user", "add", EMAIL, "--name", "Ada", given=PASSWORD)
    assert bare.refused("backup", "nowhere/saved") == "nowhere/saved can't be written: No such file or directory"
    bare.done("backup", "saved")
    whole = (tmp_path / "saved").read_bytes()
    (tmp_path / "saved").write_bytes(whole[:-9])
    assert "damaged" in bare.refused("restore", "saved", "--replace")
    assert EMAIL in bare.done("user", "list")
    assert bare.refused("reset-secret", MILANIO_SECRET=secrets.token_urlsafe(40)) == (
        "the key is set by the setting secret: change it there, and restart the server"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "saved"]


@pytest.mark.asyncio
async def test_a_backup_taken_in_the_middle_of_a_chat_is_whole(bare: Milanio, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(data) as server:
        code = await create_room(server.url)
        async with Client(server.url, room=code, name="Ada") as ada:
            talking = True

            async def talk() -> int:
                number = 0
                while talking:
                    try:
                        await ada.chat(f"{number + 1}")
                    except ClientError:  # too fast
                        await asyncio.sleep(0.1)
                    else:
                        number += 1
                return number

            task = asyncio.create_task(talk())
            for name in ("first", "second", "third"):
                await asyncio.to_thread(bare.done, "backup", name)
            talking = False
            said = await task
        await server.end(signal.SIGKILL)
    shutil.rmtree(data)
    await asyncio.to_thread(bare.done, "restore", "third")
    async with Store(f"sqlite:///{data / 'milanio.db'}") as store:
        room = await store.rooms.by_code(code)
        assert room is not None
        messages = await store.chat.page(room.id, None, limit=1000)
    numbers = [int(message.text) for message in messages]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 0 < len(numbers) <= said
    async with running(data) as server, Client(server.url, room=code, name="Ben") as ben:
        await ben.chat("it goes on")


@pytest.mark.asyncio
async def test_a_new_key_signs_everyone_out(bare: Milanio, tmp_path: Path) -> None:
    await asyncio.to_thread(bare.done, "user", "add", EMAIL, "--name", "Ada", given=PASSWORD)
    body = {"email": EMAIL, "password": PASSWORD}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with running(tmp_path / "data") as server:
            port = int(server.url.rpartition(":")[2])
            headers = {"Origin": server.url}
            async with session.post(f"{server.url}/api/auth/login", json=body, headers=headers) as response:
                assert response.status == 200
            async with session.get(f"{server.url}/api/users/profile") as response:
                assert response.status == 200
            before = (tmp_path / KEY).read_bytes()
            said = await asyncio.to_thread(bare.done, "reset-secret")
            assert said == "there is a new key, and 1 sign-in ended; restart the server, if it is running\n"
            assert (tmp_path / KEY).read_bytes() != before
        async with (
            running(tmp_path / "data", port=port),
            session.get(f"http://127.0.0.1:{port}/api/users/profile") as response,
        ):
            assert response.status == 401
