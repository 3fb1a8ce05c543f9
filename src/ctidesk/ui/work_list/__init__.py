"""Calls in hand, missed calls and the way into the directory."""
