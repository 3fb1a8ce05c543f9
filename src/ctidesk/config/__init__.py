"""Settings, paths and keys."""
