"""The command palette: every command by a few typed letters."""
