"""The training beside the desk: scenarios, what the caller says, feedback at the end."""
