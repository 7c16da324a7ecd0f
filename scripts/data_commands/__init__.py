"""The commands of scripts/data.py, one per file."""
