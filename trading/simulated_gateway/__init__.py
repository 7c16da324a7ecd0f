"""A TWS that trades with nobody: its protocol, a broker's books, the kernel's fills, and faults."""
