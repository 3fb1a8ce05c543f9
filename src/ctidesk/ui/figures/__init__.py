"""The agent's own figures: this call, the shift, by reason and by party."""
