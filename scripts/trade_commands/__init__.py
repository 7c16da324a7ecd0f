"""The commands of scripts/trade.py, one per file, and how a trader is started."""
