"""The interpreter in the call."""
