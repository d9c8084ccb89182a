import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from web import cli, page
from web.cli import words
from web.config import Settings
from web.config_names import ConfigError
from web.config_sources import SECRETS, Loaded, load

CANARY = "kanarienvogel"
STRONG = "x7Q-fT0w+Kp9/ZsR2uVb5yNd8gHj1mLc"
README = Path(page.__file__).resolve().parent.parent / "README.md"
GUIDE = README.parent / "docs" / "self-hosting.md"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("MILANIO_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def error_of(config: Path | None = None, **flags: Any) -> str:
    """The one line that is said about settings that can't be used."""
    with pytest.raises(ConfigError) as caught:
        load(config, **flags)
    text = str(caught.value)
    assert "\n" not in text
    assert CANARY not in text
    return text


def test_everything_has_a_default() -> None:
    loaded = load()
    settings = loaded.settings
    assert (settings.host, settings.announce, settings.media_port, settings.smtp) == ("", (), None, None)
    assert set(loaded.origins) == set(Settings.model_fields)
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.warnings == ()


def test_flags_come_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "milanio.toml").write_text('port = 7000\nmedia_port = 7001\nsmtp_port = 7002\nsmtp_from_name = "T"\n')
    monkeypatch.setenv("MILANIO_PORT", "8000")
    monkeypatch.setenv("MILANIO_MEDIA_PORT", "8001")
    loaded = load(port="9000", media_port=None)
    settings = loaded.settings
    assert (settings.port, settings.media_port, settings.smtp_port) == (9000, 8001, 7002)
    assert [loaded.origins[name] for name in ("port", "media_port", "smtp_port", "host")] == [
        "flag --port",
        "environment MILANIO_MEDIA_PORT",
        "file milanio.toml",
        "default",
    ]
    assert load(media_port=1).origins["media_port"] == "flag --media-port"


def test_the_file_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number, name in enumerate(("milanio.toml", "variable.toml", "flag.toml"), 1):
        (tmp_path / name).write_text(f"port = {number}\n")
    assert load().settings.port == 1
    monkeypatch.setenv("MILANIO_CONFIG", "")
    assert load().settings.port == 1
    monkeypatch.setenv("MILANIO_CONFIG", "variable.toml")
    assert load().settings.port == 2
    loaded = load(Path("flag.toml"))
    assert (loaded.settings.port, loaded.origins["port"]) == (3, "file flag.toml")


def test_lists_have_commas_or_brackets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILANIO_ANNOUNCE", " 192.0.2.1 , 2001:db8::1,")
    (tmp_path / "milanio.toml").write_text(
        'trusted_proxies = ["10.0.0.0/8", "::1"]\nallowed_origins = "HTTPS://A.example:443, http://b.example:8080"\n'
    )
    settings = load().settings
    assert settings.announce == ("192.0.2.1", "2001:db8::1")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.allowed_origins == ("https://a.example", "http://b.example:8080")


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "SMTP_HOST", "SECRET", "SECRET_FILE"):
        monkeypatch.setenv(f"MILANIO_{name}", "")
    loaded = load()
    assert loaded.settings == Settings()
    assert loaded.origins["port"] == "default"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("*", ""), ("", ""), ("localhost", "127.0.0.1"), ("0:0:0:0:0:0:0:1", "::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_hosts_are_brought_into_one_form(host: str, expected: str) -> None:
    assert load(host=host).settings.host == expected


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"host": "meet.example"}, "'meet.example' does not appear to be"),
        ({"port": 65_536}, "less than or equal to 65535 (got 65536)"),
        ({"port": -1}, "(got -1)"),
        ({"port": "x" * 500}, "x…)"),
        ({"announce": "nowhere"}, "'nowhere'"),
        ({"media_port": []}, "(got [])"),
        ({"registration": "maybe"}, "'open' or 'closed' (got 'maybe')"),
        ({"guest_rooms": "perhaps"}, "(got 'perhaps')"),
        ({"smtp_tls": "ssl"}, "'starttls', 'implicit' or 'none' (got 'ssl')"),
        ({"smtp_host": ""}, "at least 1 character"),
        ({"trusted_proxies": "10.0.0.0/8,proxy"}, "'proxy'"),
        ({"trusted_proxies": [""]}, "''"),
        ({"allowed_origins": "https://good.example,https://bad.example/path"}, "number 2 isn't an origin"),
        ({"allowed_origins": f"https://u:{CANARY}@bad.example"}, "number 1 isn't an origin"),
        ({"allowed_origins": {CANARY: 1}}, "valid tuple"),
        ({"smtp_from": "nobody"}, "n't a valid email address"),
        ({"smtp_from_name": "a\nb"}, "line breaks"),
        ({"smtp_ca_file": "nowhere.pem"}, "nowhere.pem can't be read"),
        ({"colour": CANARY}, "not permitted"),
    ],
)
def test_what_can_t_be_used_is_one_line_for_the_operator(flags: dict[str, Any], words: str) -> None:
    line = error_of(**flags)
    name = next(iter(flags))
    assert line.startswith(f"setting {name} (flag --{name.replace('_', '-')}): ")
    assert words in line
    assert len(line) < 300


def test_errors_say_where_the_value_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILANIO_PORT", "many")
    assert error_of().startswith("setting port (environment MILANIO_PORT): ")
    monkeypatch.delenv("MILANIO_PORT")
    (tmp_path / "other.toml").write_text('port = "many"\n')
    assert error_of(Path("other.toml")).startswith("setting port (file other.toml): ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "meet.example",
        "ftp://meet.example",
        f"https://ada:{CANARY}@meet.example",
        f"https://:{CANARY}@meet.example",
        f"https://{CANARY}@meet.example",
        f"https://meet.example/?{CANARY}",
        f"https://meet.example/#{CANARY}",
        "https://meet.example:0",
        "https://meet.example:99999",
        f"https://meet.example/{CANARY} x",
        "https://",
        [CANARY],
    ],
)
def test_a_public_url_is_one_of_http_without_credentials(url: Any) -> None:
    assert "setting public_url" in error_of(public_url=url)


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({}, ""),
        ({"host": "192.0.2.1"}, "192.0.2.1"),
        ({"host": "127.0.0.1"}, "127.0.0.1"),
        ({"host": "127.0.0.1", "public_url": "http://localhost:8000"}, "127.0.0.1"),
        # Behind a proxy on the same machine: media doesn't come through that.
        ({"host": "127.0.0.1", "public_url": "https://meet.example"}, ""),
        ({"host": "::1", "public_url": "https://192.0.2.1"}, ""),
        ({"host": "192.0.2.1", "public_url": "https://meet.example"}, "192.0.2.1"),
        ({"host": "127.0.0.1", "public_url": "https://meet.example", "media_host": "192.0.2.1"}, "192.0.2.1"),
        ({"host": "127.0.0.1", "media_host": "*"}, ""),
    ],
)
def test_the_relay_listens_where_media_can_reach_it(given: dict[str, Any], host: str) -> None:
    assert load(**given).settings.relay_host == host


@pytest.mark.parametrize(
    ("given", "port"),
    [
        ({}, 8123),
        ({"host": "192.0.2.1"}, 8123),
        ({"public_url": "https://meet.example", "tls_certificate": "self-signed"}, 443),
        ({"public_url": "https://meet.example:8443/call", "tls_certificate": "self-signed"}, 8443),
        ({"public_url": "http://meet.example"}, 80),
        ({"domain": "meet.example"}, 443),
        # Behind a proxy: it would have to pass on what isn't HTTP.
        ({"host": "127.0.0.1", "public_url": "https://meet.example"}, None),
        ({"public_url": "https://meet.example", "trusted_proxies": "192.0.2.7"}, None),
        ({"public_url": "https://meet.example", "trusted_proxies": "192.0.2.7", "media_tcp_port": 8080}, 8080),
        # A relay that listens on another address than the page.
        ({"host": "192.0.2.1", "media_host": "192.0.2.2"}, None),
        ({"media_tcp_port": 0}, None),
    ],
)
def test_media_over_tcp_is_on_the_port_that_browsers_use(given: dict[str, Any], port: int | None) -> None:
    assert load(**given).settings.stream_port(8123) == port


def test_the_guide_s_settings_for_tcp_behind_a_proxy_offer_it() -> None:
    (block,) = re.findall(r"^<!-- tcp -->\n```toml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    settings = load(public_url="https://meet.example", trusted_proxies="192.0.2.7", **tomllib.loads(block)).settings
    assert (settings.stream_port(8080), settings.host) == (8080, "")


def test_the_guide_s_turn_servers_are_ones() -> None:
    (block,) = re.findall(r"^<!-- turn -->\n```toml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(load(**tomllib.loads(block)).settings.turn_urls) == 2


def test_turn_servers_come_with_their_secret() -> None:
    urls = "turn:turn.example, turns:turn.example:443?transport=tcp,turn:[2001:db8::1]:3478?transport=udp"
    settings = load(turn_urls=urls, turn_secret=CANARY).settings
    assert settings.turn_urls == tuple(each.strip() for each in urls.split(","))
    assert settings.turn_secret is not None
    assert "setting turn_secret: required with turn_urls" in error_of(turn_urls=urls)
    assert "setting turn_urls: required with turn_secret" in error_of(turn_secret=CANARY)


@pytest.mark.parametrize(
    "url", ["turn.example", "stun:turn.example", "turn://turn.example", "turn:a b", "turn:", "turn:a?transport=tls"]
)
def test_what_is_no_turn_server_is_refused(url: str) -> None:
    assert "setting turn_urls" in error_of(turn_urls=url, turn_secret=CANARY)


@pytest.mark.parametrize("path", ["/api", "/api/meet", "/assets", "/a//b", "/a/../b", "/a%2fb", "/a;b", "/ü", '/a"b'])
def test_a_path_of_a_public_url_that_cannot_work_is_refused(path: str) -> None:
    assert "setting public_url" in error_of(public_url=f"https://meet.example{path}")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (None, ""),
        ("https://meet.example", ""),
        ("https://meet.example/", ""),
        ("https://meet.example/a-b/C_1/", "/a-b/C_1"),
        ("https://meet.example/apiary", "/apiary"),
    ],
)
def test_the_folder_is_the_path_of_the_public_url(url: str | None, base: str) -> None:
    assert load(public_url=url).settings.base_path == base


def test_a_public_url_may_have_a_port_and_a_path() -> None:
    assert load(public_url="https://meet.example:8443/calls/").settings.public_url == "https://meet.example:8443/calls"


@pytest.mark.parametrize(
    "url",
    [
        CANARY,
        f"mysql://ada:{CANARY}@host/name",
        f"mysql://ada:{CANARY}℀@host/name",
        f"sqlite://{CANARY}",
        "sqlite:///:memory:",
        f"postgresql://ada:{CANARY}/x@host/name",
        f"postgresql://ada:1/{CANARY}@host/name",
        f"postgresql://ada:x@{CANARY}@host/name",
        f"postgresql://ada:{CANARY}%zz@host/name",
        f"postgresql://ada@host/name?{CANARY}=1",
        f"postgresql://ada@host:{CANARY}/name",
        [CANARY],
    ],
)
def test_a_database_that_can_t_be_used_is_not_repeated(url: Any) -> None:
    assert error_of(database=url).startswith("setting database (flag --database): ")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///relative.db",
        "sqlite:////var/lib/milanio/milanio.db",
        f"postgresql://ada:{CANARY}%2F%40@host/name",
        "postgresql://ada@one:5432,two:5433/name?sslmode=require",
        "postgresql://ada@/name?host=/run/postgresql",
        "postgresql:///name",
    ],
)
def test_databases(url: str) -> None:
    loaded = load(database=url)
    assert loaded.settings.database_url == url
    assert CANARY not in repr(loaded)


def test_without_a_database_there_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    folder = tmp_path / "100% of ä?#"
    settings = load(data=str(folder)).settings
    assert settings.default_database == folder / "milanio.db"
    assert settings.database_url == f"sqlite:///{tmp_path}/100%25%20of%20%C3%A4%3F%23/milanio.db"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"smtp_from": None}, "setting smtp_from: required with smtp_host"),
        ({"public_url": None}, "setting public_url: required with smtp_host"),
        ({"smtp_username": "ada"}, "setting smtp_password: an SMTP user name needs a password"),
        ({"smtp_password": CANARY}, "setting smtp_password (flag --smtp-password): an SMTP user name needs a password"),
        ({"smtp_username": "ada", "smtp_password": CANARY, "smtp_tls": "none"}, "without TLS"),
    ],
)
def test_settings_of_a_mail_server_that_don_t_go_together(settings: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "smtp_host": "mail.example",
        "smtp_from": "a@b.example",
        "public_url": "https://meet.example",
    }
    assert load(**given).settings.smtp is not None
    assert words in error_of(**given | settings)


def test_a_mail_server(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    settings = load(
        public_url="https://meet.example",
        smtp_host="mail.example",
        smtp_from="noreply@Meet.example",
        smtp_username="ada",
        smtp_password=CANARY,
        smtp_ca_file="ca.pem",
    ).settings
    assert settings.smtp is not None
    assert (settings.smtp.sender, settings.smtp.password) == ("noreply@meet.example", CANARY)
    assert settings.smtp.ca_file == Path("ca.pem")


def test_a_weak_secret_is_refused_without_repeating_it() -> None:
    weak = f"secret-{CANARY}-{CANARY}-{CANARY}"
    assert "placeholder" in error_of(secret=weak)
    assert "shorter than 32 bytes" in error_of(secret=CANARY)
    with pytest.raises(ValidationError) as caught:
        Settings(secret=weak)  # type: ignore[arg-type]
    assert CANARY not in str(caught.value)
    assert load(secret=STRONG).settings.secret is not None


def test_secrets_may_be_in_files_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{STRONG}\n")
    (tmp_path / "database").write_text("postgresql://ada@host/name\r\n")
    (tmp_path / "milanio.toml").write_text('database_file = "database"\n')
    monkeypatch.setenv("MILANIO_SECRET_FILE", str(tmp_path / "secret"))
    loaded = load()
    assert loaded.settings.secret is not None
    assert loaded.settings.secret.get_secret_value() == STRONG
    assert loaded.settings.database_url == "postgresql://ada@host/name"
    assert loaded.origins["secret"] == "environment MILANIO_SECRET_FILE"
    assert loaded.origins["database"] == "file milanio.toml, database_file"
    assert loaded.warnings == ()


def test_a_file_with_a_secret_that_can_t_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILANIO_SECRET_FILE", CANARY)
    assert error_of() == (
        "setting secret (environment MILANIO_SECRET_FILE): the file can't be read: No such file or directory"
    )
    (tmp_path / CANARY).write_bytes(b"\xff" * 40)
    assert "isn't valid UTF-8" in error_of()
    (tmp_path / CANARY).write_text(CANARY)
    assert "setting secret (environment MILANIO_SECRET_FILE): it is shorter" in error_of()
    monkeypatch.setenv("MILANIO_SECRET", CANARY)
    assert "give either secret or secret_file" in error_of()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port 8080", "line 1"),
        (f"secret = '{CANARY}".encode(), "at end of document"),
        (f"secret = '{CANARY}'\nsecret = '{CANARY}'".encode(), "overwrite"),
        (b"smtp_from_name = '\xff'", "isn't valid UTF-8"),
        (f"smtp_pasword = '{CANARY}'".encode(), "no setting 'smtp_pasword'; did you mean smtp_password?"),
        (f"[smtp]\nhost = '{CANARY}'".encode(), "no setting 'smtp'"),
        (b"_env_file = '.env'", "no setting '_env_file'"),
        (b"port_file = 'x'", "no setting 'port_file'"),
        (f"secret = '{CANARY}'\nsecret_file = '{CANARY}'".encode(), "give either secret or secret_file"),
        (f"secret_file = ['{CANARY}']".encode(), "must be the path of a file"),
        (f"secret = ['{CANARY}']".encode(), "setting secret (file settings.toml): "),
        (f"secret = {{ value = '{CANARY}' }}".encode(), "setting secret (file settings.toml): "),
        (b"port = " + b"9" * 5000, "settings file settings.toml: "),
    ],
)
def test_a_settings_file_that_can_t_be_used(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    line = error_of(Path("settings.toml"))
    assert "settings.toml" in line
    assert words in line


def test_a_settings_file_that_isn_t_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert error_of(Path("nowhere.toml")) == "settings file nowhere.toml: No such file or directory"
    monkeypatch.setenv("MILANIO_CONFIG", str(tmp_path))
    assert error_of() == f"settings file {tmp_path}: Is a directory"


def test_likely_mistakes_are_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MILANIO_PUBLC_URL", CANARY)
    for name in ("SERVICE_HOST", "SERVICE_PORT", "PORT_8080_TCP", "PORT_8080_TCP_PROTO", "FUZZ_SECONDS"):
        monkeypatch.setenv(f"MILANIO_{name}", "10.0.0.1")
    path = tmp_path / "milanio.toml"
    path.write_text(f'secret = "{STRONG}"\n')
    path.chmod(0o644)
    assert load().warnings == (
        "there is no setting for the environment variable MILANIO_PUBLC_URL; did you mean public_url?",
        "everyone on this machine can read the secrets in milanio.toml; run chmod o-r on it",
    )
    path.chmod(0o640)
    assert len(load().warnings) == 1


def listed(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, dict[str, Any]]:
    """What `milanio config --json` says, by setting."""
    assert cli.main(["config", "--json", *flags]) == 0
    output, errors = capsys.readouterr()
    assert CANARY not in output + errors
    return {each["name"]: each for each in json.loads(output)}


def test_config_lists_every_setting_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILANIO_SECRET", STRONG)
    monkeypatch.setenv("MILANIO_DATABASE", f"postgresql://ada:{CANARY}@host/name")
    monkeypatch.setenv("MILANIO_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    rows = listed(capsys, "--port", "9000", "--data", "here")
    assert list(rows) == list(Settings.model_fields)
    assert all(row["meaning"] for row in rows.values())
    assert (
        {name for name, row in rows.items() if row["secret"]}
        == SECRETS
        == {"database", "metrics_token", "secret", "smtp_password", "turn_secret"}
    )
    assert [rows[name]["value"] for name in ("database", "secret", "smtp_password")] == ["set", "set", "not set"]
    assert (rows["port"]["value"], rows["port"]["from"]) == (9000, "flag --port")
    assert (rows["data"]["value"], rows["data"]["from"]) == ("here", "flag --data")
    assert rows["allowed_origins"]["value"] == ["https://a.example", "https://b.example"]
    assert rows["secret"]["from"] == "environment MILANIO_SECRET"
    assert (rows["smtp_tls"]["value"], rows["smtp_tls"]["from"]) == ("starttls", "default")

    assert cli.main(["config"]) == 0
    output, errors = capsys.readouterr()
    assert CANARY not in output + errors
    assert STRONG not in output + errors
    lines = output.splitlines()
    assert [line.split()[0] for line in lines] == ["SETTING", *Settings.model_fields]
    assert re.search(r"^database +set +environment MILANIO_DATABASE +sqlite:///path or ", output, re.MULTILINE)
    assert re.search(r"^host +not set +default +address", output, re.MULTILINE)
    assert re.search(r"^guest_rooms +true +default ", output, re.MULTILINE)
    assert re.search(r"^allowed_origins +https://a.example, https://b.example +environment ", output, re.MULTILINE)


def test_config_says_where_a_generated_key_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys)["secret"]["value"] == "not set"
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_bytes(CANARY.encode() * 4)
    assert listed(capsys)["secret"]["value"] == "generated (data/secret.key)"


def test_serve_and_config_take_the_same_flags() -> None:
    parser = words.parser()
    flags = ["--host", "h", "--port", "1", "--media-port", "2", "--announce", "a", "--data", "d", "--config", "c"]
    serve, config = (vars(parser.parse_args([command, *flags])) for command in ("serve", "config"))
    assert serve.keys() == config.keys() - {"json"}
    assert set(serve) - {"run", "config"} <= set(Settings.model_fields)


def test_the_readme_lists_every_setting_as_it_is() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", README.read_text(), re.MULTILINE))
    assert rows == {name: _readme(name) for name in Settings.model_fields}


def _readme(name: str) -> str:
    field = Settings.model_fields[name]
    default = "" if field.default in (None, "", ()) else f"`{json.dumps(field.default, default=str)}`".replace('"', "")
    return f"{default} | {field.description}"


def test_what_was_loaded_can_be_shown() -> None:
    assert isinstance(load(smtp_password=CANARY, smtp_username="ada"), Loaded)
    assert CANARY not in repr(load(smtp_password=CANARY, smtp_username="ada"))
