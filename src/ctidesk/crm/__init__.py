"""The local encrypted cache, its one owning thread, and the way to the CRM."""
