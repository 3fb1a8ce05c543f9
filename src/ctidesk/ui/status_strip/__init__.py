"""What works and what does not, and the agent's own handle time."""
