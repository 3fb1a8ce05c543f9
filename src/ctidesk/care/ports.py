"""The directory of members as the desk needs it.

Runs in: desk process. The rules of `calls.ports` hold: nothing blocks, `done` comes on Qt main.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ctidesk.calls.ports import Done
from ctidesk.care.member import Candidate, Lookup, MemberCard


class MemberDirectory(Protocol):
    def find_by_number(self, number: str, done: Done[Lookup]) -> None:
        """Who may be calling from `number` (raw, as the network gave it; "" = withheld)."""
        ...

    def search(self, text: str, limit: int, done: Done[Sequence[Candidate]]) -> None:
        """Members, facilities and colleagues by name, id, birth date or number, best first."""
        ...

    def card(self, member_id: str, done: Done[MemberCard]) -> None: ...

    def numbers_of(self, candidate: Candidate, done: Done[Sequence[str]]) -> None:
        """The numbers that can be dialled for a search result, E.164 or extension, preferred
        first."""
        ...
