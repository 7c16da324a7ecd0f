"""Bars: their invariants, storage, calendar, features, scaling, splits and a synthetic market."""
