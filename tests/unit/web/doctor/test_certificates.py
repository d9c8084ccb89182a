import datetime
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.certificates import DAY, NOW, Authority
from web.config import Settings
from web.doctor import certificates
from web.doctor.finding import Level
from web.tls import self_signed

SITE = urlsplit("https://meet.example")


def written(folder: Path, certificate: bytes, key: bytes) -> Settings:
    (folder / "chain.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    return Settings(tls_certificate=folder / "chain.pem", tls_key=folder / "key.pem", data=folder)


@pytest.mark.parametrize(
    ("begins", "ends", "host", "level", "says", "advice"),
    [
        (NOW - DAY, NOW + 90 * DAY, "meet.example", Level.OK, "valid for meet.example", ""),
        (NOW - DAY, NOW + 90 * DAY, None, Level.OK, "valid for", ""),
        (NOW - DAY, NOW + 13 * DAY, "meet.example", Level.WARNING, "ends on", "Renew it."),
        (NOW - 2 * DAY, NOW - DAY, "meet.example", Level.PROBLEM, "ended on", "Renew it."),
        (NOW + DAY, NOW + 90 * DAY, "meet.example", Level.PROBLEM, "begins on", "Is this machine's clock right?"),
        (NOW - DAY, NOW + 90 * DAY, "other.example", Level.PROBLEM, "people come to other", "Get one for that name."),
        (NOW - DAY, NOW + 13 * DAY, "other.example", Level.PROBLEM, "people come to other", "Get one for that name."),
    ],
)
def test_a_certificate_from_files(
    tmp_path: Path,
    begins: datetime.datetime,
    ends: datetime.datetime,
    host: str | None,
    level: Level,
    says: str,
    advice: str,
) -> None:
    settings = written(tmp_path, *Authority().issue("meet.example", begins=begins, ends=ends))
    found = certificates.check_own(settings, NOW, host)
    assert (found.level, found.advice) == (level, advice)
    assert says in found.text


def test_a_key_of_another_certificate_is_a_problem(tmp_path: Path) -> None:
    authority = Authority()
    settings = written(tmp_path, authority.issue("meet.example")[0], authority.issue("meet.example")[1])
    found = certificates.check_own(settings, NOW, None)
    assert found.level is Level.PROBLEM
    assert "isn't the one of the certificate" in found.text


def test_a_certificate_from_an_authority(tmp_path: Path) -> None:
    settings = Settings(domain=("meet.example",), data=tmp_path)
    assert certificates.check_own(settings, NOW, "meet.example").level is Level.WARNING
    (tmp_path / "acme").mkdir()
    path = tmp_path / "acme" / "certificate.pem"
    path.write_bytes(self_signed.make(["meet.example"], NOW))
    assert certificates.check_own(settings, NOW, "meet.example").level is Level.PROBLEM
    certificate, key = Authority().issue("meet.example")
    path.write_bytes(key + certificate)
    assert certificates.check_own(settings, NOW, "meet.example").level is Level.OK


def test_one_that_the_server_makes(tmp_path: Path) -> None:
    settings = Settings(tls_certificate=Path("self-signed"), data=tmp_path)
    assert certificates.check_own(settings, NOW, None).level is Level.OK
    self_signed.prepare(tmp_path, ["meet.example"], NOW)
    assert "valid until" in certificates.check_own(settings, NOW, None).text
    found = certificates.check_own(settings, NOW + 400 * DAY, None)
    assert (found.level, found.advice) == (Level.PROBLEM, "Restart the server to have another.")


def test_what_a_proxy_shows() -> None:
    def level(until: float | Exception | None) -> Level:
        return certificates.check_shown(SITE, until, NOW).level

    assert level((NOW + 30 * DAY).timestamp()) is Level.OK
    assert level((NOW + 3 * DAY).timestamp()) is Level.WARNING
    refused = ssl.SSLCertVerificationError(1, "expired")
    refused.verify_message = "certificate has expired"
    assert level(refused) is Level.PROBLEM
    assert level(ConnectionRefusedError(111, "Connection refused")) is Level.OK
    assert certificates.check_shown(None, None, NOW).level is Level.WARNING
    assert certificates.check_shown(urlsplit("http://meet.example"), None, NOW).level is Level.WARNING
