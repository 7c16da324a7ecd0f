"""Every tunable number, the contract facts, and where the broker is."""
