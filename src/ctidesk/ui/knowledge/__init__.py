"""The knowledge base beside the card: search, what belongs to the call, an article."""
