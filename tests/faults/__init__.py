"""Faults made for real: servers and workers of our own are killed, frozen and flooded; ledgers of our own judge what
came of it. Run by `python3 run.py faults [--scale 0.02] [NAME …]`."""
