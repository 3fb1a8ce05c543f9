"""Healthcare rules: parties, members as the card shows them, the identity check. Pure."""
