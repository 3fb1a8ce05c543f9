"""What helps beside the card: guides, patients of a provider, knowledge."""
