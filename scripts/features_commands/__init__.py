"""The commands of scripts/features.py, one per file."""
