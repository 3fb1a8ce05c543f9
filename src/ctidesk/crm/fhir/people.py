"""Readers of members and those who speak for them: Patient, RelatedPerson, Consent.

Runs in: desk process, any thread. Pure. https://hl7.org/fhir/R4/patient.html and neighbours.
"""

from __future__ import annotations

from dataclasses import replace

from ctidesk.crm.fhir.reading import Found, Resource
from ctidesk.crm.fhir.tree import Node
from ctidesk.crm.records import CarerRecord, MemberRecord, Phone, phone

MAX_PHONES = 20
INTERPRETER = "patient-interpreterRequired"
"""Last part of the extension's URL, http://hl7.org/fhir/R4/extension-patient-interpreterrequired"""
_KINDS = {"mobile": "mobile", "home": "home", "work": "work"}
_GUARDIANS = {"guard", "hpowatt", "powatt", "dpowatt", "spowatt"}
"""http://terminology.hl7.org/CodeSystem/v3-RoleCode: guardian, powers of attorney."""
_PARENTS = {"prn", "mth", "fth", "nprn", "nmth", "nfth", "adoptp", "adoptm", "adoptf"}
_EXECUTORS = {"exec"}
"""http://terminology.hl7.org/CodeSystem/v3-RoleClass: of an estate."""
_RESTRICTED = {"r", "v"}
"""http://terminology.hl7.org/CodeSystem/v3-Confidentiality: restricted, very restricted."""
_PRIVATE = {"ss", "ni", "dl", "ppn", "tax", "sb", "bct"}
"""http://terminology.hl7.org/CodeSystem/v2-0203: numbers of the state and the bank, which must not
stand beside a name as the member's."""
_NAME_USES = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old")


def patient(node: Resource) -> Found:
    given, family = person_name(node)
    if not (given or family):
        family = "(no name)"
    instead = ""
    replaces = []
    for link in node.all("link"):
        other = link.ref("other")
        if other.key == node.key:
            continue
        if link.word("type") == "replaced-by" and other.kind == "Patient":
            instead = other.key
        elif link.word("type") == "replaces" and other.kind == "Patient":
            replaces.append(other.key)
    found = Found(title=f"{given} {family}".strip(), instead=instead, replaces=tuple(replaces))
    if instead or node.flag("active") is False:
        return found
    where = address(node)
    found.row = MemberRecord(
        member_id=_member_number(node) or node.key.partition("/")[2],
        given=given,
        family=family,
        birth_date=birth_date(node),
        postcode=where[1],
        address=where[0],
        language=_language(node),
        channel_preference=_channel(node),
        flags=_flags(node),
        deceased=(node.day("deceasedDateTime") or "yes") if _is_dead(node) else "",
        restricted=_is_restricted(node),
        phones=phones(node, node.around.region),
    )
    return found


def related_person(node: Resource) -> Found:
    """Guardians and holders of a power of attorney may speak; for others a Consent says so."""
    given, family = person_name(node)
    name = f"{given} {family}".strip()
    found = Found(about=patient_key(node, "patient"), title=name)
    if node.flag("active") is False:
        return found
    codes = node.codes("relationship")
    found.row = CarerRecord(
        member_id="",
        name=name or node.concept("relationship") or "(no name)",
        kind=_kind(codes),
        may_speak=bool(codes & (_GUARDIANS | _EXECUTORS)),
        authority_until=node.one("period").day("end", end=True),
        phones=phones(node, node.around.region),
    )
    return found


def consent(node: Resource) -> Found:
    """Whom the member allows to speak; see `consent_actors`. Kept, shown by the carer's row."""
    return Found(about=patient_key(node, "patient"), title=node.concept("category"))


Consented = tuple[str, str | None, str]
"""(key of a RelatedPerson, until, scope)"""


def with_consents(row: CarerRecord, key: str, consented: list[Consented]) -> CarerRecord:
    """`row` of the RelatedPerson `key`, as the member's consents have it: scopes add up, and one
    without a scope covers everything. Who may speak by law keeps that."""
    own = [(until, scope) for actor, until, scope in consented if actor == key]
    if not own:
        return row
    scopes = [scope for _, scope in own]
    whole = row.may_speak or "" in scopes
    scope = "" if whole else "; ".join(dict.fromkeys(scopes))
    return replace(row, may_speak=True, authority_until=own[-1][0], scope=scope)


def consent_actors(node: Node) -> list[Consented]:
    """Of an active consent that permits. The scope is what the provision names as its content, ""
    for everything. Denials and conditions
    inside of it are nothing that a desk could judge: then nobody may speak by it."""
    rule = node.one("provision")
    if node.word("status") != "active" or rule.word("type") == "deny" or rule.has("provision"):
        return []
    until = rule.one("period").day("end", end=True)
    actors = [actor.ref("reference").key for actor in rule.all("actor")]
    said = [each.text("text") or _coded(each) or "(unnamed)" for each in rule.all("code")]
    scope = "; ".join(said)
    return [(actor, until, scope) for actor in actors if actor.startswith("RelatedPerson/")]


def person_name(node: Node) -> tuple[str, str]:
    """(given, family) of the name in use, official ones first."""
    names = node.all("name")
    ranked = sorted(
        names,
        key=lambda n: (
            n.one("period").has("end"),
            _NAME_USES.index(use) if (use := n.word("use")) in _NAME_USES else 99,
        ),
    )
    for name in ranked:
        given, family = " ".join(name.texts("given")), name.text("family", 120)
        if given or family:
            return given[:120], family
        if whole := name.text("text", 120):
            first, _, last = whole.rpartition(" ")
            return first, last
    return "", ""


def phones(node: Node, region: str) -> tuple[Phone, ...]:
    """Numbers in use, by rank; those that are no telephone numbers are left out."""
    ranked: list[tuple[float, int, Phone]] = []
    for at, contact in enumerate(node.all("telecom")[:MAX_PHONES]):
        if contact.word("system") not in ("phone", "sms", "") or contact.word("use") == "old":
            continue
        if contact.word("system") == "" and "@" in contact.text("value"):
            continue
        raw = contact.text("value", 64).removeprefix("tel:")
        read = phone(raw, region, _KINDS.get(contact.word("use"), "")) if raw else None
        if read is not None:
            rank = contact.number("rank")
            ranked.append((rank if rank is not None else 99.0, at, read))
    ranked.sort(key=lambda each: each[:2])
    found: list[Phone] = []
    for _, _, read in ranked:
        if all((read.e164, read.national) != (one.e164, one.national) for one in found):
            found.append(Phone(read.e164, read.national, read.kind, preferred=not found))
    return tuple(found)


def address(node: Node) -> tuple[str, str]:
    """(street and place, postcode) of the address in use."""
    ranked = sorted(
        node.all("address"), key=lambda a: (a.word("use") == "old", a.one("period").has("end"))
    )
    for where in ranked:
        lines = [*where.texts("line"), where.text("city", 80)]
        said = ", ".join(line for line in lines if line) or where.text("text")
        if said or where.has("postalCode"):
            return said[:200], where.text("postalCode", 20)
    return "", ""


def patient_key(node: Node, *keys: str) -> str:
    """The key of the Patient that the first of `keys` refers to."""
    for key in keys:
        for ref in node.refs(key):
            if ref.kind == "Patient":
                return ref.key
    return ""


def _member_number(node: Resource) -> str:
    """The identifier of the centre's own system; else the member's number (MB), the record's (MR),
    the usual or official one, by http://terminology.hl7.org/CodeSystem/v2-0203."""
    best: tuple[int, str] = (99, "")
    for at in node.all("identifier"):
        value, codes = at.text("value", 64), at.codes("type")
        private = codes & _PRIVATE or any(code.startswith("nn") for code in codes)
        private = private or at.text("system").endswith("us-ssn")
        if not value or private or at.word("use") == "old" or at.one("period").day("end"):
            continue
        if node.around.member_system:
            rank = 0 if at.text("system") == node.around.member_system else 99
        else:
            rank = 1 if "mb" in codes else 2 if "mr" in codes else 3
            rank += 10 * (at.word("use") not in ("usual", "official", "")) if rank == 3 else 0
        if rank < best[0]:
            best = (rank, value)
    return best[1]


def birth_date(node: Node) -> str | None:
    """Only a whole date: a year alone must not pass for the first of January."""
    said = node.text("birthDate", 32)
    return node.day("birthDate") if len(said) >= 10 else None


def _flags(node: Node) -> tuple[str, ...]:
    asks = (
        each.flag("valueBoolean")
        for each in node.all("extension")
        if each.text("url").endswith(INTERPRETER)
    )
    needed = ("interpreter needed",) if True in asks else ()
    return (("deceased",) if _is_dead(node) else ()) + needed


def _kind(codes: set[str]) -> str:
    if codes & _GUARDIANS:
        return "guardian"
    if codes & _EXECUTORS:
        return "executor"
    return "parent" if codes & _PARENTS else "carer"


def _coded(concept: Node) -> str:
    return next((c.text("display") or c.text("code") for c in concept.all("coding")), "")


def _is_restricted(node: Node) -> bool:
    """By the security labels of the resource. https://hl7.org/fhir/R4/security-labels.html"""
    labels = node.one("meta").all("security")
    return any(label.word("code").lower() in _RESTRICTED for label in labels)


def _is_dead(node: Node) -> bool:
    return node.has("deceasedDateTime") or node.flag("deceasedBoolean") is True


def _language(node: Node) -> str:
    spoken = sorted(node.all("communication"), key=lambda c: c.flag("preferred") is not True)
    for each in spoken:
        for code in sorted(each.codes("language")):
            return code[:12]
    return ""


def _channel(node: Node) -> str:
    """The system of the first-ranked contact, where the centre ranks them."""
    ranked = [
        (rank, contact.word("system"))
        for contact in node.all("telecom")
        if (rank := contact.number("rank")) is not None
    ]
    return min(ranked)[1] if ranked else ""
