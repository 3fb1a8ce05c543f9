"""What goes to the CRM: what waits, what failed and why, and what a person decides about it."""
