"""From `--domain` to a valid certificate and a call, on the real ports 443 and 80."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.own_network import run_in_own_network
from tests.integration.test_acme import NAME

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(300)]


async def made(folder: Path, port: int, *words: str) -> dict[str, Any]:
    """What came of it, with a call of two that worked."""
    output = await run_in_own_network(
        folder, "tests.integration.domain_call", str(folder), str(port), *words, hosts=(NAME,)
    )
    found: dict[str, Any] = json.loads(output)
    assert NAME in found["names"]
    assert found["report"]["joins"]["succeeded"] == 2
    assert found["report"]["packets"]["received"] > 100
    assert f"there is a new certificate for {NAME}" in found["log"]
    return found


async def test_a_name_is_all_that_is_needed_for_a_call_over_https(tmp_path: Path) -> None:
    found = await made(tmp_path, 443)
    # Who types the bare name comes to the page.
    assert found["pages"] == [[308, f"http://{NAME}/"], [200, f"https://{NAME}/"]]


async def test_port_80_of_another_program_is_no_obstacle(tmp_path: Path) -> None:
    found = await made(tmp_path, 443, "taken")
    # The authority could look nowhere else than at port 443 (TLS-ALPN-01).
    assert "port 80 is in use by another program; choose another with http_port" in found["log"]


async def test_on_another_port_it_is_proven_on_port_80(tmp_path: Path) -> None:
    found = await made(tmp_path, 8443)
    # The authority looks at ports 443 and 80 only, and on 443 nobody is (HTTP-01).
    assert found["pages"] == [[308, f"http://{NAME}/"], [200, f"https://{NAME}:8443/"]]
