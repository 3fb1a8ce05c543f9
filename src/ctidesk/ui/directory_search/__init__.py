"""Type-to-search over members, facilities and colleagues."""
