"""Members or calls into a file: what, in which form, for which reason."""
