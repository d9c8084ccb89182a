"""Schemathesis against the running server: whatever the document allows or forbids is answered as the document says.

Every endpoint that is declared takes part by itself.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from signaling.version import version
from tests.integration.running import ServerThread
from web import api
from web.api import openapi
from web.config import Settings

pytest_plugins = ["schemathesis.pytest.plugin"]
"""Only here: importing it takes half a second in every process of pytest."""

MAX_EXAMPLES = 8
PASSWORD = "correct horse battery"

_CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"deterministic": True, "max-examples": MAX_EXAMPLES, "database": "none", "no-shrink": True},
        "checks": {
            # To the router, /api/rooms/join may also be the room with the id "join".
            "allow_header_conformance": {"enabled": False},
            # What is well formed may still be refused: a password that is too common, a name with a link in it.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "410", "415", "422"]
            },
        },
    }
)
_DOCUMENT = openapi.document(api.ALL, version())
schema = schemathesis.openapi.from_dict(_DOCUMENT, config=_CONFIG)


class Target:
    """A server, and a person with an account on it."""

    def __init__(self, running: ServerThread) -> None:
        self._running = running
        self._user = ""
        self.url = running.url

    def token(self) -> str:
        """A fresh access token: what a test does may end the log-in that it came from."""

        async def issue(server: object) -> str:
            services = self._running.server.services
            assert services is not None
            store, now = services.store, services.clock()
            if await store.users.by_id(self._user) is None:
                hashed = await services.passwords.hash(PASSWORD)
                self._user = (await store.users.create("ada@example.org", "Ada", hashed, now)).id
            issued = await store.tokens.issue_session(self._user, now, 3600.0)
            return services.access_tokens.sign(self._user, issued.session.id, now)

        return str(self._running.run(issue))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("server")
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("postgres").create("schemathesis")
    settings = Settings(host="127.0.0.1", port=0, media_port=0, data=Path(folder), rate_limits=False, database=database)
    with ServerThread(settings) as running:
        yield Target(running)
    if request.param == "postgres":
        request.getfixturevalue("postgres").drop("schemathesis")


def test_the_document_served_is_the_one_tested(target: Target) -> None:
    with urllib.request.urlopen(f"{target.url}/api/openapi.json") as response:
        assert json.load(response) == _DOCUMENT


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "nobody"])
@schema.parametrize()
@hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
def test_every_answer_is_as_the_document_says(case: Case[Any], target: Target, signed_in: bool) -> None:
    headers = {"Authorization": f"Bearer {target.token()}"} if signed_in else {}
    case.call_and_validate(base_url=target.url, headers=headers)
