"""What works but needs somebody's care: collected from the exchange's answers and connections.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from ctidesk.calls.events import AccountWarning
from ctidesk.sip.engine.bindings import Bindings
from ctidesk.sip.engine.certificates import Certificates, clock_warning, expiry_warnings
from ctidesk.sip.engine.identity import Headers


class AccountWarnings:
    """The warnings of one account, as of its exchange's last answer."""

    def __init__(self, instance: str) -> None:
        self._bindings = Bindings(instance)
        self._elsewhere = False
        self._clock: AccountWarning | None = None
        self._certificates = Certificates()
        self._expiry: list[AccountWarning] = []

    def connected(self, certificates: Certificates, wall: float) -> None:
        """A connection to the exchange showed these certificates."""
        self._certificates = certificates
        self._expiry = expiry_warnings(certificates, wall)

    def answered(self, message: bytes, good: bool, mono: float, wall: float) -> None:
        """The exchange answered a REGISTER; `good`: it lists the account's bindings."""
        date = Headers(message).first("date")
        self._clock = clock_warning(date, wall) if date else None
        self._expiry = expiry_warnings(self._certificates, wall)
        if good:
            self._elsewhere = self._bindings.elsewhere(message, mono)

    def now(self, standing_in: bool) -> tuple[AccountWarning, ...]:
        """In the order of their urgency."""
        found = list(self._expiry)
        if self._clock is not None:
            found.append(self._clock)
        if standing_in:
            found.append(_STANDING_IN)
        if self._elsewhere:
            found.append(_ELSEWHERE)
        return tuple(found)


_STANDING_IN = AccountWarning(
    "second_registrar",
    "The first telephone exchange does not answer: this telephone uses another one.",
    "Calls go on; it goes back by itself. Tell IT if it lasts.",
)
_ELSEWHERE = AccountWarning(
    "also_elsewhere",
    "This account is also registered at another place: calls ring there too.",
    "Sign the account out there, or ask IT for an account of your own. After a change of place it"
    " disappears by itself in some minutes.",
)
