"""The quality of the line: bars, a word, and the figures behind it."""
