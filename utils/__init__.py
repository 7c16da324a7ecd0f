"""Small tools that know nothing of trading: errors, files, registries, seeds, logs, plots."""
