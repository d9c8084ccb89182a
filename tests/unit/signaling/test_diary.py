import logging
from typing import Any

import pytest

from signaling import diary


def test_many_refusals_are_counted_rather_than_written(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(diary, "_refusals", diary._Refusals(lambda: now))
    caplog.set_level(logging.INFO)
    for _ in range(diary.REFUSALS + 500):
        diary.refused("refused", {"code": "x"})
    assert len(caplog.records) == diary.REFUSALS
    now += 2
    diary.refused("refused", {"code": "y"})
    last: Any = caplog.records[-1]
    assert last.facts == {"code": "y", "refusals_not_shown": 500}


def test_nothing_is_made_of_what_nobody_reads(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    diary.write("joined", {})
    assert not caplog.records
