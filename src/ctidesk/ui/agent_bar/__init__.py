"""The agent's own state, and how to change it."""
