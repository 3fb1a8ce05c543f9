"""Asking a colleague, transferring, conferring."""
