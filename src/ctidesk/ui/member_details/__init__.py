"""What of a verified member may be put right at the desk: numbers, address, language."""
