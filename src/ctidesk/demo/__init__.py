"""The embedded demo centre: made-up members, callers who are real SIP endpoints, the script."""
