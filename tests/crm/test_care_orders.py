"""Orders of guides on the real cache: all or none, once, as requests or as work with a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from tests.support.crm_people import RECORDS
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import concept, patient, refers, resource
from tests.support.fhir_rows import put

from ctidesk.calls.errors import KnownError
from ctidesk.care.member import MemberCard
from ctidesk.care.orders import (
    AppointmentOrder,
    CareOrder,
    MessageOrder,
    Placing,
    RefillOrder,
    SupplyOrder,
    TaskOrder,
)
from ctidesk.care.work import WorkItem
from ctidesk.crm import audit, card_sql, care_orders_sql, schema
from ctidesk.crm.standing_schema import address_confirmations
from ctidesk.crm.work_schema import work_items

NOW = 1_800_000_000.0
DUE = datetime(2027, 1, 18, 17, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    opened = OpenStore(tmp_path / "cache.db")
    opened.wait_open()
    opened.put(RECORDS)
    yield opened
    opened.close()


def place(
    opened: OpenStore, *orders: CareOrder, sends: bool = False, member: str = "M-1003"
) -> list[WorkItem]:
    placing = Placing(key="c1/refill/1", call_id="c1", member_id=member, orders=orders)
    found: list[WorkItem] = opened.run(
        lambda c: care_orders_sql.place(c, placing, "agent", NOW, sends=sends)
    )
    return found


def stored(opened: OpenStore) -> list[tuple[str, str, str, int]]:
    query = select(
        work_items.c.title, work_items.c.kind, work_items.c.state, work_items.c.step
    ).order_by(work_items.c.id)
    return [tuple(row) for row in opened.run(lambda c: c.execute(query).all())]


def requests(opened: OpenStore) -> list[str]:
    query = select(schema.outbox.c.target).where(schema.outbox.c.kind == "request")
    return list(opened.run(lambda c: c.execute(query).scalars().all()))


CHAIN = tuple(
    TaskOrder(title=title, due=DUE, owner=owner, chain="oxygen")
    for title, owner in (
        ("Doctor re-authorises", "Doctors"),
        ("Insurer confirms", "Insurers"),
        ("Supplier delivers", "Suppliers"),
    )
)


def test_a_chain_is_created_with_due_dates_and_only_its_first_step_is_open(
    opened: OpenStore,
) -> None:
    items = place(opened, *CHAIN)
    assert [item.due_wall for item in items] == [DUE.timestamp()] * 3
    assert len({item.chain_id for item in items}) == 1
    assert stored(opened) == [
        ("Doctor re-authorises", "chain", "open", 1),
        ("Insurer confirms", "chain", "waiting", 2),
        ("Supplier delivers", "chain", "waiting", 3),
    ]


def test_placed_again_nothing_is_made_twice(opened: OpenStore) -> None:
    put(opened, NOW, patient("p1", "Fischer", "+491713920031"))
    orders = (*CHAIN, SupplyOrder(item="Masks", quantity=2))
    place(opened, *orders)
    rows = opened.run(lambda c: audit.verify(c).rows)
    place(opened, *orders)
    assert len(stored(opened)) == 4
    assert opened.run(lambda c: audit.verify(c).rows) == rows


def test_a_callback_has_the_number_that_is_dialled(opened: OpenStore) -> None:
    (item,) = place(opened, TaskOrder(title="Call when it is there", callback=True))
    assert (item.number, item.member) == ("+491713920031", "Lena Fischer")
    assert item.due_wall == NOW + 86_400


def confirmed(opened: OpenStore, address: str) -> None:
    placing = Placing(
        key="c1/refill/1", call_id="c1", member_id="M-1003", orders=(), confirmed_address=address
    )
    opened.run(lambda c: care_orders_sql.place(c, placing, "agent", NOW, sends=False))


def test_a_confirmed_address_is_on_the_card_until_the_record_has_another(
    opened: OpenStore,
) -> None:
    def shown() -> MemberCard:
        return opened.run(lambda c: card_sql.card(c, "M-1003"))

    def move(address: str) -> None:
        query = update(schema.members).where(schema.members.c.member_id == "M-1003")
        opened.run(lambda c: c.execute(query.values(address=address)))

    address = "Sonnenallee 77, Berlin"
    move(address)
    assert shown().address_confirmed is None
    confirmed(opened, "Somewhere else 1")
    assert shown().address_confirmed is None, "not the one on record"
    confirmed(opened, address)
    rows = opened.run(lambda c: audit.verify(c).rows)
    confirmed(opened, address)
    assert opened.run(lambda c: audit.verify(c).rows) == rows, "noted once"
    assert shown().address_confirmed == date.fromtimestamp(NOW)
    move("New street 2")
    assert shown().address_confirmed is None
    move(address)
    opened.run(lambda c: c.execute(delete(schema.members)))
    left = opened.run(lambda c: c.execute(select(address_confirmations)).all())
    assert left == [], "erased with the member"


def test_without_a_crm_a_refill_is_work_for_somebody(opened: OpenStore) -> None:
    place(opened, RefillOrder(drug="Ramipril 5 mg", prescription="MedicationRequest/1"))
    assert requests(opened) == []
    ((title, *_),) = stored(opened)
    assert title == "Order the refill: Ramipril 5 mg, address not confirmed"


def test_with_a_crm_it_is_asked_for_once(opened: OpenStore) -> None:
    given = resource(
        "MedicationRequest",
        "1",
        status="active",
        intent="order",
        subject=refers("Patient", "p1"),
        medicationCodeableConcept=concept("Ramipril 5 mg"),
    )
    put(opened, NOW, patient("p1", "Weber", "+491713920099"), given)
    order = RefillOrder(
        drug="Ramipril 5 mg", prescription="MedicationRequest/1", address_confirmed=True
    )
    for _ in range(2):
        place(opened, order, sends=True)
    assert requests(opened) == ["MedicationRequest/1"]
    assert stored(opened) == []


def test_a_prescription_that_is_gone_orders_nothing_at_all(opened: OpenStore) -> None:
    gone = RefillOrder(drug="X", prescription="MedicationRequest/9")
    with pytest.raises(KnownError) as refused:
        place(opened, *CHAIN, gone, sends=True)
    assert refused.value.code == "no_prescription"
    assert stored(opened) == []


def test_what_the_desk_cannot_do_itself_becomes_a_task_in_words(opened: OpenStore) -> None:
    place(
        opened,
        AppointmentOrder(action="book", what="Check-up", doctor="Dr. Roth", starts=DUE),
        MessageOrder(template="reminder", channel="sms"),
        SupplyOrder(item="Masks", quantity=2),
        sends=True,
    )
    titles = [title for title, *_ in stored(opened)]
    assert titles[0].startswith("Book the appointment: Check-up, Dr. Roth, Mon 18 Jan")
    assert titles[1] == "Send the message “reminder” by sms"
    assert titles[2] == "Order supplies: 2 × Masks", "this member is not in the CRM"
