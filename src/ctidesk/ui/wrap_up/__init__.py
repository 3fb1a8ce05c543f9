"""Code, note and follow-up of a call, from the answer on."""
