"""The duration of tests that take hours.

Each has a duration of its own, which an environment variable sets: `MILANIO_FUZZ_SECONDS=60 pytest tests/long/…`.
Otherwise it is the long one under `make test-long`, and else a short one, with which the same test runs in `make test`
too unless it is marked `long`.
"""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Each test ends by itself: its duration is known, and its own waits notice hangs.
    for item in items:
        if item.path.is_relative_to(_HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(3 * 3600))
