"""The commands of scripts/models.py, one per file."""
