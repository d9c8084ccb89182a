import datetime
from pathlib import Path

import pytest

from tests.certificates import DAY, NOW
from web.tls import self_signed
from web.tls.certificate import CertificateError, load

HOSTS = ["localhost", "127.0.0.1", "192.0.2.7", "2001:db8::7", "büro"]


def fingerprint(path: Path) -> str:
    return load(path, None).fingerprint


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    path = self_signed.prepare(tmp_path, HOSTS, NOW)
    made = load(path, None)
    assert all(made.covers(host) for host in HOSTS if host.isascii())
    assert made.warnings(NOW, "192.0.2.7") == []
    assert made.ends - made.begins <= datetime.timedelta(days=398)
    assert path.stat().st_mode & 0o777 == 0o600
    assert fingerprint(self_signed.prepare(tmp_path, HOSTS[:2], NOW + 300 * DAY)) == made.fingerprint


def test_another_address_its_end_or_damage_makes_a_new_one(tmp_path: Path) -> None:
    path = self_signed.prepare(tmp_path, HOSTS, NOW)
    before = fingerprint(path)
    moved = fingerprint(self_signed.prepare(tmp_path, [*HOSTS, "192.0.2.8"], NOW))
    later = fingerprint(self_signed.prepare(tmp_path, HOSTS, NOW + 370 * DAY))
    path.write_text("damaged")
    assert len({before, moved, later, fingerprint(self_signed.prepare(tmp_path, HOSTS, NOW))}) == 4


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"can't be written: No such file"):
        self_signed.prepare(tmp_path / "nowhere", HOSTS, NOW)
