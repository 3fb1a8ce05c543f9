"""The call bar: the current call, what can be done with it, and who waits."""
