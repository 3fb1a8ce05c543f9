"""Readers of clinics, doctors, insurers and their networks.

Runs in: desk process, any thread. Pure. R4's Organization, Practitioner, PractitionerRole,
OrganizationAffiliation, InsurancePlan and Location, with the extensions of Da Vinci Plan-Net 1.2.
"""

from __future__ import annotations

from ctidesk.crm.fhir.people import address, person_name, phones
from ctidesk.crm.fhir.reading import Found, Resource
from ctidesk.crm.fhir.tree import Node, Ref
from ctidesk.crm.records import FacilityRecord

NETWORK = "network-reference"
"""Last part of the extension's URL: the networks of a role or plan."""
_BY_CODE = {"ins": "insurer", "pay": "insurer", "payer": "insurer", "bus": "supplier"}
_BY_WORD = (
    ("pharm", "pharmacy"),
    ("hospital", "hospital"),
    ("laborator", "laboratory"),
    ("nursing home", "care_home"),
    ("care home", "care_home"),
    ("insur", "insurer"),
    ("payer", "insurer"),
    ("suppl", "supplier"),
    ("equipment", "supplier"),
    ("practice", "practice"),
)


def organization(node: Resource) -> Found:
    name = node.text("name", 200) or next(iter(node.texts("alias")), "")
    found = Found(title=name)
    codes = node.codes("type")
    # a network is a contract and has nobody who calls
    if node.flag("active") is False or "ntwk" in codes or not name:
        return found
    found.row = FacilityRecord(
        facility_id=node.key,
        name=name,
        kind=_kind(codes, f"{node.concept('type')} {name}".lower()),
        address=_whole_address(node),
        phones=phones(node, node.around.region)
        or tuple(one for each in node.all("contact") for one in phones(each, node.around.region)),
    )
    return found


def practitioner(node: Resource) -> Found:
    name = person(node)
    found = Found(title=name)
    if node.flag("active") is not False and name:
        found.row = FacilityRecord(
            facility_id=node.key,
            name=name,
            kind="doctor",
            address=_whole_address(node),
            phones=phones(node, node.around.region),
        )
    return found


def practitioner_role(node: Resource) -> Found:
    """The doctor at one place: a row of the directory where the place has a number of its own, or
    networks."""
    who, place = node.ref("practitioner"), node.ref("organization")
    numbers = phones(node, node.around.region)
    networks = networks_of(node)
    found = Found(about=who.key, title=who.display)
    if node.flag("active") is False or not (numbers or networks):
        return found
    found.row = FacilityRecord(
        facility_id=node.key,
        name=who.display,
        kind="doctor",
        address=place.display,
        network_status=", ".join(ref.display for ref in networks if ref.display),
        phones=numbers,
    )
    for column, ref in (("name", who), ("address", place)):
        if ref.key and not ref.display:
            found.names[column] = ref.key
    return found


def affiliation(node: Resource) -> Found:
    """Ties an organisation to networks; `title` names them, or the organisation that it is
    affiliated with."""
    networks = [ref for ref in node.refs("network") if ref.display]
    if node.flag("active") is False:
        return Found(about=node.ref("participatingOrganization").key)
    title = ", ".join(ref.display for ref in networks) or node.ref("organization").display
    return Found(about=node.ref("participatingOrganization").key, title=title)


def insurance_plan(node: Resource) -> Found:
    return Found(title=node.text("name", 200) or node.concept("type"))


def location(node: Resource) -> Found:
    return Found(title=node.text("name", 200) or address(node)[0])


def person(node: Node) -> str:
    """A doctor's name with its prefix."""
    given, family = person_name(node)
    prefix = next((said for each in node.all("name") for said in each.texts("prefix")), "")
    return f"{prefix} {given} {family}".strip().replace("  ", " ")


def _kind(codes: set[str], words: str) -> str:
    for word, kind in _BY_WORD:
        if word in words:
            return kind
    return next((_BY_CODE[code] for code in sorted(codes) if code in _BY_CODE), "clinic")


def _whole_address(node: Node) -> str:
    street, postcode = address(node)
    return f"{street}, {postcode}".strip(", ")


def networks_of(node: Node) -> list[Ref]:
    return [
        ref
        for extension in node.all("extension")
        if extension.text("url").endswith(NETWORK)
        if (ref := extension.ref("valueReference")).key or ref.display
    ]
