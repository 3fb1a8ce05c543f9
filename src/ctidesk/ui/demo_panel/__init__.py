"""The demo centre's own window: who can phone, and what each of them shows."""
