#!/usr/bin/env python3
"""Replay a log of real incidents against a running server, as fast as it can take it, and audit what it made of it.

    python examples/replay_incident_log.py --url http://127.0.0.1:8000 --api-key nines_… --log log.csv \
        --reviews reviews.csv --smtp-port 2525

See examples/README.md. Exit status 0 if the server's word and this client's own book agree in everything."""

import sys

from replay.main import main

if __name__ == "__main__":
    sys.exit(main())
