"""docs/api.md: its program runs as printed, its table is that of the scopes, and its limits are the server's."""

import os
import re
import sys
import time
from asyncio import create_subprocess_exec, subprocess, wait_for
from pathlib import Path

import pytest

from signaling import join_token
from tests import times
from tests.integration.running import serving
from web import page
from web.api.room_models import DEFAULT_LINK_TTL, MAX_LINK_TTL, MIN_LINK_TTL
from web.api.scopes import MEANINGS, OF_OWNER, SCOPES
from web.cli.words import parser
from web.security import link_token
from web.security.rules import RULES

ROOT = Path(page.__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "api.md").read_text("utf-8")
PROGRAMS: dict[str, str] = dict(re.findall(r"^<!-- (\w+) -->\n```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
(COMMAND,) = re.findall(r"^```sh\n(.*?)\n```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_every_block_is_tried() -> None:
    assert list(PROGRAMS) == ["portal"]
    assert GUIDE.count("```") == 4


def test_the_table_has_all_scopes() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]+) \| the (owner's|whole server) \|$", GUIDE, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(SCOPES)
    for name, text, whose in rows:
        assert (whose == "owner's") == (name in OF_OWNER)
        assert text.split(",")[0].removesuffix(" rooms") in MEANINGS[name]


def test_the_limits_are_as_it_says() -> None:
    limits = {rule.name: rule.limit for rule in RULES}
    assert (limits["api-key"], limits["create-room-key"]) == ("1200/minute", "120/minute;10000/day")
    assert "1,200 requests and 120 new rooms a minute, 10,000 new rooms a day" in " ".join(GUIDE.split())


def test_links_hold_as_long_as_it_says() -> None:
    text = " ".join(GUIDE.split())
    assert DEFAULT_LINK_TTL == 86_400
    assert "`ttl_seconds`, a day if you don't say" in text
    assert f"from {MIN_LINK_TTL:,.0f} to {MAX_LINK_TTL:,.0f} ({MAX_LINK_TTL / 86_400:.0f} days)" in text


def test_the_command_is_one() -> None:
    parsed = parser().parse_args(COMMAND.split()[1:])
    assert (parsed.name, parsed.owner, parsed.scope, parsed.days) == ("Portal", "ada@example.org", ["rooms,join"], 365)


@pytest.mark.asyncio
async def test_the_program(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        assert server.services is not None
        store = server.services.store
        ada = await store.users.create("ada@example.org", "Ada", "hash", time.time())
        key = await store.api_keys.create("Portal", ["rooms", "join"], time.time(), ada.id)
        (tmp_path / "portal.py").write_text(PROGRAMS["portal"].replace("8080", str(server.port)))
        environment = {**os.environ, "MILANIO_KEY": key}
        process = await create_subprocess_exec(
            sys.executable, tmp_path / "portal.py", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, errors = await wait_for(process.communicate(), times.seconds(30))
        assert (process.returncode, errors.decode()) == (0, "")
        first, *lines = output.decode().splitlines()
        assert re.fullmatch(rf"room http://localhost:{server.port}/r/[\w-]+", first)
        token, link = (line.rpartition(" ")[2] for line in lines[:2])
        teacher = join_token.verify(token, server.services.signaling.key)
        assert (teacher.person.name, teacher.rights.moderate) == ("Ms Grey", True)
        address, _, secret = link.partition("#link=")
        pupil = link_token.verify(secret, server.services.link_key, time.time())
        assert (f"room {address}", pupil.room, pupil.name, pupil.host) == (first, teacher.room, "Tom", False)
        assert pupil.expires <= time.time() + 3600
        assert lines[2:] == ["Lesson has 0 people"]
        ((room, _),) = await store.rooms.all()
        assert (room.owner_id, room.state, room.settings["start_muted"]) == (ada.id, "destroyed", True)
