"""Who is calling, the identity check, and the card behind it."""
