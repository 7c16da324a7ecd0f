"""The suites of scripts/bench.py, one per file."""
