"""What a guide or the agent orders on a member's behalf.

Runs in: desk process, any thread (frozen values). Everything goes through the outbox; a desk only
proposes what needs a clinician's or the insurer's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.work import WorkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class RefillOrder:
    """`prescription`: the CRM's key of it ("MedicationRequest/1"), "" where it has none; `drug`: in
    words. `promised`: the day of delivery that the caller was told."""

    drug: str = field(repr=False)
    prescription: str = ""
    promised: date | None = None
    address_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyOrder:
    item: str = field(repr=False)
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOrder:
    """Work for somebody; several of one `chain` follow one another in their order."""

    title: str = field(repr=False)
    due: datetime | None = None
    owner: str = ""
    chain: str = ""
    urgent: bool = False
    note: str = field(default="", repr=False)
    callback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentOrder:
    """`action`: "book", "move" or "cancel"; `appointment`: the CRM's key of the one that is moved
    or cancelled; `starts`: aware."""

    action: str
    appointment: str = ""
    starts: datetime | None = None
    what: str = field(default="", repr=False)
    doctor: str = field(default="", repr=False)
    place: str = ""
    bring: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOrder:
    """`template`: its id; `channel`: "" for the one that the member prefers; `values`: for the
    template's placeholders. `send_at`: aware, None for now."""

    template: str
    channel: str = ""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOrder:
    """A change of a cover: texts by field, as they were shown and as they shall be."""

    coverage: str
    seen: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    now: tuple[tuple[str, str], ...] = field(default=(), repr=False)


CareOrder = RefillOrder | SupplyOrder | TaskOrder | AppointmentOrder | MessageOrder | PolicyOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """All that is ordered at once. `key`: with it the same placing counts once, however often it is
    repeated (the call, the guide and the step)."""

    key: str
    call_id: str
    member_id: str = field(repr=False)
    orders: tuple[CareOrder, ...] = field(repr=False)
    confirmed_address: str = field(default="", repr=False)
    """The address on record as the caller confirmed it, "" when nobody asked or it was wrong."""


class CareOrders(Protocol):
    """The rules of `calls.ports` hold."""

    def place(self, placing: Placing, who: str, done: Done[Sequence[WorkItem]]) -> None:
        """All or none, in one transaction; the work that came of it."""
        ...


class NoOrders:
    """A desk that can order nothing, and says so."""

    def place(self, placing: Placing, who: str, done: Done[Sequence[WorkItem]]) -> None:
        done(
            KnownError(
                "no_orders",
                "Nothing can be ordered from this desk now.",
                "Write down what is wanted and hand it over.",
            )
        )
