"""Programs that measure peers, each run by itself in .venv-bench; they import nothing of ours."""
