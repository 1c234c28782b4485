"""Faults made for real: servers and workers of our own are killed, frozen, restarted and flooded, and what came of it is
judged by ledgers of our own. Run by `python3 run.py faults [--scale 0.02] [NAME …]`."""
