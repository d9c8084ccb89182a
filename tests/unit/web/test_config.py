from typing import Any

import pytest

from web import config
from web.config import ConfigError


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "MEDIA_PORT", "ANNOUNCE", "DATA"):
        monkeypatch.delenv(f"MILANIO_{name}", raising=False)


def test_everything_has_a_default() -> None:
    settings = config.load()
    assert (settings.host, settings.announce) == ("", ())
    assert settings.media_port is None


def test_flags_come_before_the_environment_and_none_is_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILANIO_PORT", "9000")
    monkeypatch.setenv("MILANIO_ANNOUNCE", " 192.0.2.1 , 2001:db8::1,")
    assert config.load(port=None).port == 9000
    assert config.load(port=9001).port == 9001
    assert config.load().announce == ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("*", ""), ("", ""), ("localhost", "127.0.0.1"), ("0:0:0:0:0:0:0:1", "::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_hosts_are_brought_into_one_form(host: str, expected: str) -> None:
    assert config.load(host=host).host == expected


@pytest.mark.parametrize(
    "flags",
    [{"host": "meet.example"}, {"port": 65_536}, {"port": -1}, {"port": "x"}, {"announce": "nowhere"}, {"colour": 1}],
)
def test_what_can_t_be_used_is_one_line_for_the_operator(flags: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(**flags)
    assert next(iter(flags)) in str(caught.value)
    assert "\n" not in str(caught.value)
