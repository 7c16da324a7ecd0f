"""Importers: dialects, dates, zones, and every kind of bad row."""
