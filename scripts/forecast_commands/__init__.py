"""The commands of scripts/forecast.py, one per file."""
