"""Lets the engine's process open as many sockets as its library can watch.

Runs in: engine process, loop thread, before the library is up.
"""

from __future__ import annotations

import sys

OTHERS = 256
"""What Python, the desk's channel, files and the sound system have open beside the library."""


def allow(watched: int) -> None:
    """Raise the process's own limit, as far as the system lets it, for `watched` sockets; 0: the
    library can't be asked, and what it can't watch must not be opened."""
    if sys.platform == "win32" or watched == 0:
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = watched + OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
