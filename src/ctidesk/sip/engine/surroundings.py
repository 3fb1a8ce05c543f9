"""What an account needs of the engine around it.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.events import RegistrationChanged
from ctidesk.sip.engine.endpoint import Listening, SipEndpoint
from ctidesk.sip.engine.native_account import InviteSeen

if TYPE_CHECKING:
    from ctidesk.sip.engine.account_line import AccountLine

InviteTaker = Callable[["AccountLine", InviteSeen], None]
Listen = Callable[[ConfigureAccount], Listening]
"""The transport of an account, shared or new. Raises `pj.Error`, or `KnownError` for a file of
certificates that can't be used."""


class Surroundings(NamedTuple):
    """What an account needs of its engine. `in_use`: whether it has calls."""

    endpoint: SipEndpoint
    listen: Listen
    take_invite: InviteTaker
    changed: Callable[[RegistrationChanged], None]
    in_use: Callable[[], bool]
