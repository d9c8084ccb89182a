"""What commands load: `milanio serve` nothing that it doesn't need, so that it starts fast and stays small.

PyAV and aiortc are for the client, and large. The rest comes with the first use of what it is for.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling.client import Client, ClientOptions, Pattern, create_room
from tests.integration.conftest import until
from web.cli import words

ROOT = Path(__file__).parents[2]
CLIENTS_ONLY = ("av", "aiortc", "aioice", "signaling.client", "signaling.loadtest")
LATER = ("PIL", "prometheus_client", "aiosmtplib", "acme", "josepy", "requests", "web.doctor.checkup", "web.metrics")
"""Pictures, metrics, mail, certificates and checks: a server without TLS and mail needs them when somebody asks."""

SERVE = f"""
import atexit, gc, sys
from web.cli import main
belongs = lambda module: any(module == name or module.startswith(name + ".") for name in {CLIENTS_ONLY + LATER!r})
atexit.register(lambda: print("collector:", gc.isenabled(), gc.get_freeze_count() > 100_000, flush=True))
atexit.register(lambda: print("not needed:", *filter(belongs, list(sys.modules)), flush=True))
sys.exit(main())
"""
"""`milanio serve`, which tells in the end what it has loaded."""


@pytest.mark.asyncio
async def test_a_server_in_a_call_has_loaded_only_what_it_needs(tmp_path: Path) -> None:
    flags = ("serve", "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MILANIO_MEDIA_PORT": "0"}
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, *flags, env=environment, stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    assert server.stdout is not None
    try:
        url = (await server.stdout.readline()).decode().split()[3].rstrip(",")
        code = await create_room(url, "Test")
        watching = ClientOptions(audio_slots=1, video_slots=1, watch_height=360)
        async with Client(url, code, "Ada") as ada, Client(url, code, "Bo", watching) as bo:
            await ada.publish(Pattern(width=320, height=180, fps=15))
            await until(lambda: all(slot.stats.packets for slot in bo.slots.values()) and bool(bo.slots))
        server.send_signal(signal.SIGTERM)
        output = (await server.stdout.read()).decode()
        assert await server.wait() == 0
    finally:
        if server.returncode is None:
            server.kill()
    # What modules consist of is left out of its passes.
    assert output.splitlines()[-2:] == ["not needed:", "collector: True True"]


def test_the_client_loads_them() -> None:
    """What the test above looks for has these names."""
    import signaling.client.pattern

    assert vars(signaling.client.pattern)["av"] is sys.modules["av"]


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_what_says_only_what_there_is_loads_no_server(word: str) -> None:
    heavy = {"asyncio", "pydantic", "aiohttp", "peewee", "cryptography", "web.config", "web.app", "web.api"}
    program = f"import atexit, sys; atexit.register(lambda: print(*({heavy!r} & sys.modules.keys()))); "
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-c", f"{program}from web.cli import main; main()", word)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "milanio" in done.stdout
    assert done.stdout.splitlines()[-1] == ""


def test_every_command_has_its_function() -> None:
    found = list(_commands(words.parser()))
    assert len(found) >= 20
    assert all(callable(each.function) for each in found)


def _commands(parser: argparse.ArgumentParser) -> Iterator[words.Later]:
    run = parser.get_default("run")
    if run is not None:
        yield run
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _commands(inner)


@pytest.mark.parametrize(
    ("first", "loads"),
    [
        ("from signaling.client import Client", ()),
        ("from signaling.client import Pattern", ("av",)),
        ("import signaling.client.live, signaling.client.tracks", ("av", "aiortc")),
    ],
)
def test_a_client_loads_them_when_it_needs_them(first: str, loads: tuple[str, ...]) -> None:
    program = f"import sys; {first}; print(*(name for name in ('av', 'aiortc') if name in sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run((sys.executable, "-c", program), env=environment, capture_output=True, text=True, check=True)
    assert tuple(done.stdout.split()) == loads


def test_the_stub_has_what_the_package_has() -> None:
    import signaling.client

    stub = Path(signaling.client.__file__).with_suffix(".pyi").read_text("utf-8")
    named = {line.rpartition(" as ")[2] for line in stub.splitlines() if line.startswith("from ")}
    assert named == set(vars(signaling.client)["__all__"])
    assert all(hasattr(signaling.client, name) for name in named)
