"""The commands of scripts/journal.py, one per file."""
