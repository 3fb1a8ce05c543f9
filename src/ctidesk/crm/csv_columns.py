"""The columns of an import file and what they are called elsewhere.

Runs in: desk process, any thread. Pure.

One row per member; more rows with the same `member_id` add facts, and need nothing else of the
member. A row contributes to every group whose first column it fills
(or payer, appointment_at, contact_at where that is empty):

member        member_id, given, family, birth_date, postcode, address, policy_number, language,
              channel, flags (separated by `|`), household (the same word for all who live
              together), deceased (yes, or the date), merged_into (the member_id that goes on),
              restricted (yes, no), phone, phone_mobile, phone_home, phone_work, phone_preferred
carer         carer_name, carer_kind (carer, guardian, parent, proxy, executor), carer_phone,
              carer_phone_home, carer_phone_work, carer_phone_other, carer_member_id,
              carer_may_speak (yes, no), carer_until, carer_scope (words of the disclosure policy,
              such as appointments; billing)
coverage      plan, payer, coverage_status, coverage_begins, coverage_ends, copay
prescription  drug, prescriber, prescription_expires, refills_left, last_dispensed, next_refill
authorisation authorised_item, authorisation_status, authorisation_expires, units_left
appointment   appointment_what, appointment_at, appointment_doctor, appointment_place,
              appointment_status, appointment_bring
contact       contact_summary, contact_at, contact_channel, contact_direction, contact_code

A row with `facility_id` is a facility: facility_name, facility_kind (hospital, clinic, practice,
doctor, laboratory, pharmacy, care_home, supplier, insurer), network_status, address, phones.
A row with `extension` is a colleague: colleague_name, team, phones.

Dates: 2026-03-31, 31.03.2026, or days from today as +30d and -2d; times: the same with a time of
day behind, 2026-03-31 09:30 (local time, or with its distance from UTC, 09:30:15+02:00). Numbers
in any spelling, several in a cell separated by `|`; phone_preferred repeats the one that is called
first, else it is the first one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

COLUMNS: dict[str, tuple[str, ...]] = {
    "member_id": ("memberid", "member", "memberno", "membernumber", "mitgliedsnummer", "patientid"),
    "given": ("givenname", "firstname", "forename", "vorname", "imie", "nom", "namadepan"),
    "family": ("familyname", "lastname", "surname", "nachname", "nazwisko", "cognom", "cognoms"),
    "birth_date": ("birthdate", "dateofbirth", "dob", "born", "geburtsdatum", "dataurodzenia"),
    "postcode": ("postalcode", "zip", "zipcode", "plz", "kodpocztowy", "codipostal", "kodepos"),
    "address": ("street", "anschrift", "adresse", "strasse", "adres", "adreca", "alamat"),
    "policy_number": ("policy", "policyno", "insurancenumber", "versicherungsnummer", "polisa"),
    "language": ("preferredlanguage", "sprache", "jezyk", "idioma", "llengua", "bahasa"),
    "channel": ("channelpreference", "preferredchannel", "contactby", "kanal"),
    "flags": ("flag", "alerts", "hinweise"),
    "household": ("householdid", "haushalt", "family_id"),
    "deceased": ("died", "dateofdeath", "verstorben"),
    "merged_into": ("mergedwith", "replacedby"),
    "restricted": ("vip", "gesperrt"),
    "phone": ("telephone", "phonenumber", "tel", "telefon", "telefonnummer", "telepon"),
    "phone_mobile": ("mobile", "mobilephone", "cell", "cellphone", "handy", "mobil", "komorka"),
    "phone_home": ("homephone", "privatephone", "festnetz", "telefonprivat", "landline"),
    "phone_work": ("workphone", "businessphone", "telefonarbeit"),
    "phone_preferred": (),
    "carer_name": ("carer", "caregiver", "betreuer", "opiekun"),
    "carer_kind": (),
    "carer_phone": ("carertelephone",),
    "carer_phone_home": (),
    "carer_phone_work": (),
    "carer_phone_other": (),
    "carer_member_id": (),
    "carer_may_speak": ("carerauthority",),
    "carer_until": ("carerauthorityuntil",),
    "carer_scope": ("carerauthorityscope",),
    "plan": ("coverage", "planname", "tarif"),
    "payer": ("insurer", "kostentraeger", "krankenkasse"),
    "coverage_status": ("planstatus",),
    "coverage_begins": ("planbegins", "validfrom", "gueltigvon"),
    "coverage_ends": ("planends", "validuntil", "gueltigbis"),
    "copay": ("copayment", "zuzahlung"),
    "drug": ("medication", "medicine", "medikament", "lek"),
    "prescriber": ("prescribedby", "verordner"),
    "prescription_expires": (),
    "refills_left": ("refills",),
    "last_dispensed": (),
    "next_refill": (),
    "authorised_item": ("supply", "hilfsmittel"),
    "authorisation_status": ("authorizationstatus",),
    "authorisation_expires": ("authorizationexpires",),
    "units_left": (),
    "appointment_what": ("appointment", "termin"),
    "appointment_at": ("appointmenttime",),
    "appointment_doctor": ("doctor", "arzt"),
    "appointment_place": (),
    "appointment_status": (),
    "appointment_bring": (),
    "contact_summary": (),
    "contact_at": (),
    "contact_channel": (),
    "contact_direction": (),
    "contact_code": (),
    "facility_id": (),
    "facility_name": ("facility",),
    "facility_kind": (),
    "network_status": (),
    "extension": ("ext", "nebenstelle", "durchwahl"),
    "colleague_name": ("colleague",),
    "team": (),
}
"""Column → other headings that mean it (as `_word` makes them)."""


def guess_mapping(header: Sequence[str]) -> dict[str, str]:
    """Column of ours → heading of the file, for headings that are recognised; the first wins."""
    known = {_word(name): name for name in COLUMNS}
    for name, others in COLUMNS.items():
        for other in others:
            known.setdefault(_word(other), name)
    found: dict[str, str] = {}
    for heading in header:
        column = known.get(_word(heading))
        if column is not None:
            found.setdefault(column, heading)
    return found


def _word(heading: str) -> str:
    """Lower case, no accents, letters and digits only: "Policy No." and "policy_no" are one."""
    spelled = heading.casefold().replace("ß", "ss").replace("ł", "l")
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        spelled = spelled.replace(umlaut, letters)
    return "".join(c for c in unicodedata.normalize("NFKD", spelled) if c.isalnum())
