"""Handle time and shift statistics, derived from the event log. Pure."""
