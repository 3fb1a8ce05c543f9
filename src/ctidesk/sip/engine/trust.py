"""From where an account takes requests, and whose headers it believes.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.sip.engine.addresses import canonical
from ctidesk.sip.engine.guard import RequestGuard


class Trust:
    """The addresses of an account's exchanges and configured peers; the engine's guard is told of
    each."""

    def __init__(self, config: ConfigureAccount, hosts: Iterable[str], guard: RequestGuard) -> None:
        self._config = config
        self._guard = guard
        self._known = {canonical(each) for each in (*config.trusted_peers, *hosts)}

    def believes(self, source: str) -> bool:
        """Whether headers of `source` (an IP address) are believed."""
        return canonical(source) in self._known

    def accepts(self, source: str) -> bool:
        """Whether calls from `source` are taken: with a registrar only over its own flow."""
        return not self._config.registrar or self.believes(source)

    def admit(self, *addresses: str) -> None:
        """Further exchanges; without any, the guard is told what is known."""
        self._known.update(canonical(each) for each in addresses)
        sources = self._known if self._config.registrar else None
        self._guard.allow(self._config.account_id, sources)

    def end(self) -> None:
        """The account is gone."""
        self._guard.forget(self._config.account_id)
