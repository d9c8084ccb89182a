import logging
import os
from pathlib import Path

import pytest

from tests.certificates import DAY, NOW, Authority
from web.tls.certificate import CertificateError
from web.tls.watch import CertificateWatch


class Files:
    """A certificate and its key, renewed in place."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.certificate, self.key = folder / "chain.pem", folder / "key.pem"

    def renew(self, *, days: int = 90, key: bool = True) -> None:
        """Replace both, or forget the key."""
        certificate, private = self.authority.issue("meet.example", ends=NOW + days * DAY)
        for path, content in ((self.certificate, certificate), (self.key, private)):
            if path is self.certificate or key:
                new = path.with_suffix(".new")
                new.write_bytes(content)
                os.replace(new, path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    made.renew()
    return made


def watch(files: Files) -> CertificateWatch:
    return CertificateWatch(files.certificate, files.key, "meet.example")


def test_a_renewed_certificate_is_used_from_then_on(files: Files) -> None:
    watching = watch(files)
    first = watching.current.fingerprint
    watching.poll(NOW)
    assert watching.current.fingerprint == first
    files.renew(days=180)
    watching.poll(NOW)
    assert watching.current.fingerprint != first
    assert watching.current.ends == NOW + 180 * DAY


def test_half_a_renewal_keeps_the_old_one_until_the_rest_is_there(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    watching = watch(files)
    first = watching.current.fingerprint
    files.renew(key=False)
    for _ in range(3):
        watching.poll(NOW)
    assert watching.current.fingerprint == first
    problems = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(problems) == 1
    assert "the old one stays in use" in problems[0].getMessage()
    files.key.unlink()
    watching.poll(NOW)
    files.renew()
    watching.poll(NOW)
    assert watching.current.fingerprint != first


def test_a_certificate_that_ends_soon_is_told_once_a_day(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    watching = watch(files)
    for hours in range(0, 72, 6):
        watching.poll(NOW + 80 * DAY + hours * DAY / 24)
    assert len([record for record in caplog.records if "ends on" in record.getMessage()]) == 3
    files.renew(days=200)
    caplog.clear()
    watching.poll(NOW + 84 * DAY)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_it_does_not_begin_without_a_certificate(files: Files) -> None:
    files.key.write_text("nothing")
    with pytest.raises(CertificateError):
        watch(files)
