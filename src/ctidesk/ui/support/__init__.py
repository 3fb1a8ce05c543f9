"""Help from the lead, and the minute after a hard call."""
