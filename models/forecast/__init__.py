"""Distributions of the move ahead: families behind one protocol, scored honestly."""
