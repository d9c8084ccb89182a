"""What `milanio loadtest` says of flags and files that can't be right: one line, and status 2."""

from pathlib import Path

import pytest

from signaling.loadtest.flags import FLAGS, PEOPLE_FLAGS
from web import cli
from web.cli.loadtest import OPTIONS

URL = "http://localhost:1"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line of a command that can't be carried out."""
    assert cli.main(["loadtest", *words]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    (line,) = errors.splitlines()
    assert line.startswith("milanio: ")
    return line.removeprefix("milanio: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no server given"),
        (["localhost"], "'localhost' isn't the address of a server, only one such as http://localhost:8080"),
        ([URL, "--rooms", "0"], "--rooms '0' isn't allowed, only a whole number from 1 to 1,000"),
        ([URL, "--people", "-1"], "--people '-1' isn't allowed, only a whole number from 1 to 2,000"),
        ([URL, "--publishers", "x"], "--publishers 'x' isn't allowed, only a whole number from 1 to 2,000"),
        ([URL, "--viewers", "3000"], "--viewers '3000' isn't allowed, only a whole number from 0 to 2,000"),
        ([URL, "--duration", "0"], "--duration '0' isn't allowed, only a number from 1 to 86,400"),
        ([URL, "--ramp", "0"], "--ramp '0' isn't allowed, only a number above 0 up to 1,000"),
        ([URL, "--churn", "101"], "--churn '101' isn't allowed, only a number from 0 to 100"),
        ([URL, "--codec", "VP10"], "--codec 'VP10' isn't allowed, only VP8, H264, VP9 or AV1"),
        ([URL, "--height", "481"], "--height '481' isn't allowed, only 180, 360 or 720"),
        ([URL, "--fps", "60"], "--fps '60' isn't allowed, only 15 or 30"),
        ([URL, "--layout", "tiles"], "--layout 'tiles' isn't allowed, only grid or speaker"),
        ([URL, "--tiles", "26"], "--tiles '26' isn't allowed, only a whole number from 0 to 25"),
        ([URL, "--speakers", "51"], "--speakers '51' isn't allowed, only a whole number from 0 to 50"),
        ([URL, "--loss", "101"], "--loss '101' isn't allowed, only a number from 0 to 100"),
        ([URL, "--delay", "5001"], "--delay '5001' isn't allowed, only a number from 0 to 5,000"),
        ([URL, "--jitter", "inf"], "--jitter 'inf' isn't allowed, only a number from 0 to 2,000"),
        ([URL, "--down-kbps=-1"], "--down-kbps '-1' isn't allowed, only a number from 0 up"),
        ([URL, "--up-kbps", "fast"], "--up-kbps 'fast' isn't allowed, only a number from 0 up"),
        ([URL, "--seed", "1.5"], "--seed '1.5' isn't allowed, only a whole number from 0 to "),
        ([URL, "--processes", "0"], "--processes '0' isn't allowed, only a whole number from 1 to 64"),
        ([URL, "--scenario", "x"], "there is no scenario and no file 'x'; scenarios are bad-networks, churn, lecture,"),
        (
            [URL, "--json", "/does/not/exist.json"],
            "/does/not/exist.json can't be written; the folder /does/not must be",
        ),
        ([URL, "--html", "/"], "/ is a folder, and no name for a report"),
        ([URL, "--publish", "/no.mp4"], "--publish: /no.mp4 can't be read: No such file or directory."),
        ([URL, "--fail-if", "joins.p95_s"], "--fail-if: 'joins.p95_s' is no limit; write a path, one of <= >="),
        ([URL, "--fail-if", "joins.p95>1"], "--fail-if: 'joins.p95' is no figure of a report; there is joins.p95_s"),
        ([URL, "--fail-if", "loss>much"], "--fail-if: 'much' is no number; allowed are such as 1, 0.05 and 5%"),
        ([URL, *["--fail-if", "loss>1%"] * 101], "--fail-if: 101 limits; at most 100 are allowed"),
        ([URL, "--token", "@/does/not/exist"], "--token @/does/not/exist: No such file or directory"),
        ([URL, "--token", "a\nb"], "--token: it must be one line of ASCII characters"),
        ([URL, "--access-token", ""], "--access-token: it must be one line of ASCII characters"),
        ([URL, "--metrics-token", "@/"], "--metrics-token @/: Is a directory"),
        ([URL, "--join", "a:1"], "--join needs --worker-secret, the one that the workers were started with"),
        ([URL, *["--join", "a:1"] * 33], "--join: 33 machines; at most 32 are allowed"),
        (["--worker", "0.0.0.0:1"], "--worker needs --worker-secret"),
        (["--worker", "x", "--worker-secret", "a" * 16], "'x' isn't an address, only HOST:PORT such as 192.0.2.7:9999"),
        (["--worker", "a:1", "--worker-secret", "short"], "the worker's secret must have 16 to 200 characters"),
        (
            ["--worker", "127.0.0.1:1", "--worker-secret", "a" * 16, "--worker-people", "20000"],
            "--worker-people '20000' isn't allowed, only a whole number from 1 to 10,000",
        ),
        (["--compare", "/nothing.json", "/nothing.json"], "--compare: '/nothing.json' can't be read: No such file"),
        ([URL], "http://localhost:1 can't be reached: Connect"),
    ],
)
def test_what_is_wrong_is_one_line_with_what_is_allowed(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert refused(capsys, *words).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rooms = 0", "rooms: 0 isn't allowed, only a whole number from 1 to 1,000"),
        ("room = 1", "room: there is no such setting; there are name, rooms, groups, speakers,"),
        ("rooms =", "isn't valid TOML: Invalid value"),
        (
            "[[groups]]\n[groups.network]\nloss = 200",
            "groups[1].network.loss: 200 isn't allowed, only a number from 0 to",
        ),
    ],
)
def test_a_wrong_file_is_one_line_too(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    line = refused(capsys, URL, "--scenario", str(file))
    assert line.startswith(str(file))
    assert said in line


def test_help_has_every_flag_and_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["loadtest", "--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    flags = [f"--{name.replace('_', '-')}" for name in (*PEOPLE_FLAGS, "scenario", "fail_if", "compare", "join")]
    flags += [flag.name for flag in FLAGS] + [name for name, *_ in OPTIONS]
    assert len(flags) == 17 + 7 + 9
    for flag in flags:
        assert f" {flag} " in text, flag
    assert "percent of packets that are lost; a number from 0 to 100 (default: 0.0)" in text
    assert "bad-networks, churn, lecture, many-rooms, meeting" in text
