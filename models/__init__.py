"""Agents, baselines and their networks; torch comes with the modules that need it."""
