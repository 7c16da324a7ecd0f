"""Run a policy over bars on the one simulation kernel, measure what came of it, and show it."""
