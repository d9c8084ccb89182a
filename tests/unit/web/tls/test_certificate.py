from pathlib import Path

import pytest

from tests.certificates import DAY, NOW, Authority
from web.tls.certificate import CertificateError, load


def written(folder: Path, certificate: bytes, key: bytes) -> tuple[Path, Path]:
    (folder / "chain.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    return folder / "chain.pem", folder / "key.pem"


def test_names_times_and_fingerprint_are_read(tmp_path: Path) -> None:
    certificate, key = Authority().issue("Meet.example", "*.calls.example", "192.0.2.7", "2001:db8::7")
    loaded = load(*written(tmp_path, certificate, key))
    assert loaded.names == ("meet.example", "*.calls.example", "192.0.2.7", "2001:db8::7")
    assert (loaded.begins, loaded.ends) == (NOW - DAY, NOW + 90 * DAY)
    assert len(loaded.fingerprint.split(":")) == 32
    for host, covered in (
        ("meet.example", True),
        ("MEET.example.", True),
        ("a.calls.example", True),
        ("calls.example", False),
        ("a.b.calls.example", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::7", True),
    ):
        assert loaded.covers(host) is covered, host


def test_key_and_certificate_may_be_in_one_file(tmp_path: Path) -> None:
    certificate, key = Authority().issue("meet.example")
    path = tmp_path / "both.pem"
    path.write_bytes(key + certificate)
    assert load(path, None).names == ("meet.example",)


def test_what_browsers_object_to_is_told(tmp_path: Path) -> None:
    certificate, key = Authority().issue("meet.example", begins=NOW, ends=NOW + 90 * DAY)
    loaded = load(*written(tmp_path, certificate, key))
    assert loaded.warnings(NOW + DAY, "meet.example") == []
    assert loaded.warnings(NOW + DAY, None) == []
    (ended,) = loaded.warnings(NOW + 91 * DAY, "meet.example")
    assert "ended on" in ended
    (ends,) = loaded.warnings(NOW + 80 * DAY, "meet.example")
    assert "ends on" in ends
    (begins,) = loaded.warnings(NOW - DAY, "meet.example")
    assert "clock" in begins
    (other,) = loaded.warnings(NOW + DAY, "call.example")
    assert other == "the certificate is for meet.example, but people come to call.example"


def test_each_mistake_is_told_in_one_line(tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.issue("meet.example")
    _, other_key = authority.issue("meet.example")
    _, locked = authority.issue("meet.example", password="secret")
    for contents, problem in (
        ((b"hello", key), "has no certificate"),
        ((certificate, b"hello"), "has no key in PEM form"),
        ((certificate, other_key), "isn't the one of the certificate"),
        ((certificate, locked), "has a password"),
    ):
        with pytest.raises(CertificateError, match=problem) as caught:
            load(*written(tmp_path, *contents))
        assert "\n" not in str(caught.value)
    with pytest.raises(CertificateError, match=r"nothing.pem can't be read: No such file"):
        load(tmp_path / "nothing.pem", None)
    with pytest.raises(CertificateError, match="has no key"):
        load(written(tmp_path, certificate, key)[0], None)
