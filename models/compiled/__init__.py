"""Compiled code of the agents: numbers in, numbers out, no framework."""
