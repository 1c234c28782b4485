"""Benchmarks: each figure beside a baseline taken in the same run. `python3 run.py bench` prints the table."""
