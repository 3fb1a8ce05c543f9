"""The codes tree and the after-call-work session. Pure."""
