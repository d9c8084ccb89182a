"""Whether the server in this container answers; the exit status says so. The image has no curl."""

import os
import ssl
import sys
import urllib.request

SECONDS = 4


def main() -> int:
    """Ask for `/api/health`, over HTTPS if the server speaks it, with whatever certificate it has."""
    secure = any(os.environ.get(f"MILANIO_{name}") for name in ("DOMAIN", "TLS_CERTIFICATE"))
    port = os.environ.get("MILANIO_PORT") or ("443" if os.environ.get("MILANIO_DOMAIN") else "8080")
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
