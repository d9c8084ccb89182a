from pathlib import Path

import pytest

from web.config import Settings
from web.strangers import DOCUMENT, EXPOSURES, limits_table, settings_table, start_lines, with_tables


def test_the_document_is_what_the_settings_and_the_limits_say() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_tables(text) == text
    assert settings_table() in text
    assert limits_table() in text


def test_what_is_said_at_start_is_what_the_document_says_of_a_fresh_server() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = start_lines(Settings())
    assert len(lines) == len(EXPOSURES)
    for line in lines:
        setting, says = line.split(": ", 1)
        assert setting in Settings.model_fields
        assert f"| `{setting}` | {says} |" in text
        assert "\n" not in line


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"host": "127.0.0.1"}, "host: only this machine can reach the server (127.0.0.1)"),
        ({"host": "192.0.2.1"}, "host: everyone who can reach 192.0.2.1 can use the server"),
        ({"public_url": "https://meet.example"}, "public_url: people connect over HTTPS, at https://meet.example"),
        ({"public_url": "http://meet.example"}, "without HTTPS"),
        ({"registration": "closed"}, "registration: only the operator creates accounts"),
        ({"guest_rooms": False}, "guest_rooms: only people with an account can create rooms"),
        ({"metrics_token": "a" * 16}, "metrics_token: /metrics is for this machine and for holders of the token"),
        ({"trusted_proxies": "10.0.0.0/8"}, "trusted_proxies: 10.0.0.0/8 may say"),
        ({"allowed_origins": "https://a.example"}, "allowed_origins: pages of https://a.example can use"),
        ({"rate_limits": False}, "rate_limits: NOTHING is limited"),
    ],
)
def test_each_line_says_what_is_set(changed: dict[str, object], says: str, tmp_path: Path) -> None:
    lines = start_lines(Settings(**changed))  # type: ignore[arg-type]
    assert sum(says in line for line in lines) == 1
    assert "a" * 16 not in "".join(lines)
