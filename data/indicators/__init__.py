"""Step kernels of the features, one family per file, each with its specifications beside it."""
