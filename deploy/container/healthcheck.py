"""Whether the server in this container answers; the exit status says so. The image has no curl."""

import os
import ssl
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

SECONDS = 4


def settings() -> dict[str, Any]:
    """Where the server is by its settings, in the file and, before that, in the environment; flags aren't seen.

    The server's own code isn't used: it takes a second of CPU each time.
    """
    path = Path(os.environ.get("MILANIO_CONFIG") or "milanio.toml")
    found = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    given = {name: os.environ.get(f"MILANIO_{name.upper()}") for name in ("domain", "tls_certificate", "port")}
    return found | {name: value for name, value in given.items() if value}


def main() -> int:
    """Ask for `/api/health`, over HTTPS if the server speaks it, with whatever certificate it has."""
    given = settings()
    secure = bool(given.get("domain") or given.get("tls_certificate"))
    port = given.get("port") or (443 if given.get("domain") else 8080)
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}/api/health"
    context = ssl._create_unverified_context() if secure else None  # noqa: S323, SLF001 - it is this container
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=context) as answer:  # noqa: S310 - http or https
            return 0 if answer.status == 200 else 1
    except OSError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
