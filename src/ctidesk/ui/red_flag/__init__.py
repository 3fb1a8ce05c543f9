"""The emergency protocol over the card."""
