"""The simulation kernel: orders, fills and money of one account, bar by bar, in whole ticks."""
