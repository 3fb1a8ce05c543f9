"""DTMF digits into the call."""
