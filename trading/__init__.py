"""The trader: one loop for simulation, paper and live. This version has its gates only."""
