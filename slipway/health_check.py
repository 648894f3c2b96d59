"""Whether the Slipway process of this container lives: `python -m slipway.health_check`, for Docker and ECS.

It asks for `/healthz` at METRICS_HOST and METRICS_PORT and exits with 0 or 1. It imports nothing that is
slow, because it starts every 30 seconds.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

SECONDS = 4.0
"""How long the answer may take; less than what Docker and ECS give this check."""


def main() -> int:
    """Prints what is wrong, if anything is."""
    port = os.environ.get("METRICS_PORT")
    if not port:
        print("METRICS_PORT is not set, so this process serves no /healthz.")  # noqa: T201 - Docker keeps it
        return 1
    host = os.environ.get("METRICS_HOST") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(f"http://{host}:{port}/healthz", timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        print(error.read(500).decode(errors="replace"))  # noqa: T201
        return 1
    except OSError as error:
        print(f"/healthz at {host}:{port} does not answer: {error}")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
