"""Readers of what is covered and allowed: Coverage, eligibility, authorisations, supplies.

Runs in: desk process, any thread. Pure. https://hl7.org/fhir/R4/coverage.html and neighbours.
"""

from __future__ import annotations

from ctidesk.crm.fhir.people import patient_key
from ctidesk.crm.fhir.reading import Found, Resource
from ctidesk.crm.fhir.tree import Node, Ref
from ctidesk.crm.records import FactKind, FactRecord

MADE_IN_ERROR = "entered-in-error"


def fact(kind: FactKind, **values: object) -> FactRecord:
    return FactRecord(member_id="", kind=kind, values=dict(values))


def coverage(node: Resource) -> Found:
    period = node.one("period")
    payer = node.ref("payor")
    found = Found(about=patient_key(node, "beneficiary"), title=_plan(node))
    if node.word("status") == MADE_IN_ERROR:
        return found
    found.row = fact(
        FactKind.COVERAGE,
        plan=_plan(node),
        payer=payer.display,
        status=node.word("status"),
        begins=period.day("start"),
        ends=period.day("end", end=True),
        copay=_copay(node),
    )
    wants(found, "payer", payer)
    return found


def policy_number(node: Node) -> str:
    """Under which the insurer knows the member, of an active Coverage."""
    if node.word("status") not in ("active", ""):
        return ""
    own = (each.text("value", 64) for each in node.all("identifier"))
    return node.text("subscriberId", 64) or next((each for each in own if each), "")


def eligibility(node: Resource) -> Found:
    """The insurer's answer whether cover is in force, as a line of its own among the covers."""
    insurer = node.ref("insurer")
    found = Found(about=patient_key(node, "patient"))
    if node.word("status") in (MADE_IN_ERROR, "cancelled"):
        return found
    insurance = node.one("insurance")
    period = insurance.one("benefitPeriod")
    inforce = insurance.flag("inforce")
    status = node.word("outcome")
    if inforce is not None:
        status = "eligible" if inforce else "not eligible"
    found.row = fact(
        FactKind.COVERAGE,
        plan=node.text("disposition", 120) or "Eligibility",
        payer=insurer.display,
        status=status,
        begins=period.day("start"),
        ends=period.day("end", end=True),
        copay=_benefit_copay(insurance),
    )
    wants(found, "payer", insurer)
    return found


def claim_response(node: Resource) -> Found:
    """An authorisation where `use` is preauthorization; other answers to claims are only kept."""
    found = Found(about=patient_key(node, "patient"))
    wrong = node.word("status") in (MADE_IN_ERROR, "cancelled")
    if wrong or node.word("use") != "preauthorization":
        return found
    item = node.concept("subType") or node.concept("type") or "Authorisation"
    number = node.text("preAuthRef", 64)
    found.row = fact(
        FactKind.AUTHORISATION,
        item=f"{item} ({number})" if number else item,
        status=node.text("disposition", 120) or node.word("outcome"),
        expires=node.one("preAuthPeriod").day("end", end=True),
        units_left=None,
    )
    return found


def supply_request(node: Resource) -> Found:
    """R4 has no element for the patient: who gets it, or asked for it."""
    item, wanted = _item(node, "item")
    found = Found(about=patient_key(node, "deliverTo", "requester"), title=item)
    if node.word("status") not in (MADE_IN_ERROR, "cancelled"):
        found.row = fact(
            FactKind.AUTHORISATION,
            item=item or "Supply",
            status=node.word("status"),
            expires=node.one("occurrencePeriod").day("end", end=True),
            units_left=_whole(node.one("quantity").number("value")),
        )
        wants(found, "item", wanted if not item else Ref("", ""))
    return found


def device_request(node: Resource) -> Found:
    item, wanted = _item(node, "code")
    found = Found(about=patient_key(node, "subject"), title=item)
    if node.word("status") not in (MADE_IN_ERROR, "revoked"):
        found.row = fact(
            FactKind.AUTHORISATION,
            item=item or "Device",
            status=node.word("status"),
            expires=node.one("occurrencePeriod").day("end", end=True),
            units_left=None,
        )
        wants(found, "item", wanted if not item else Ref("", ""))
    return found


def wants(found: Found, column: str, ref: Ref) -> None:
    """Fill `column` with the name of `ref` from the cache, if the reference did not say it."""
    if ref.key and not ref.display:
        found.names[column] = ref.key


def _item(node: Node, what: str) -> tuple[str, Ref]:
    ref = node.ref(f"{what}Reference")
    return node.concept(f"{what}CodeableConcept") or ref.display, ref


def _plan(node: Node) -> str:
    """The plan's name: class "plan", else "group", else the kind of cover."""
    classes = node.all("class")
    for wanted in ("plan", "subplan", "group"):
        for each in classes:
            if wanted in each.codes("type") and (
                said := each.text("name", 120) or each.text("value", 120)
            ):
                return said
    return node.concept("type") or node.text("network", 120) or "Cover"


def _copay(node: Node) -> str:
    shares = []
    for share in node.all("costToBeneficiary"):
        amount = share.money("valueMoney") or share.money("valueQuantity")
        if amount:
            shares.append(f"{share.concept('type')} {amount}".strip())
    return "; ".join(shares)[:200]


def _benefit_copay(insurance: Node) -> str:
    for item in insurance.all("item"):
        for benefit in item.all("benefit"):
            if any("copay" in code for code in benefit.codes("type")) and (
                amount := benefit.money("allowedMoney") or benefit.text("allowedString", 60)
            ):
                return f"{benefit.concept('type')} {amount}".strip()
    return ""


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and value >= 0 else None
