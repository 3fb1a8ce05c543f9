"""The same made-up people for the fake and for the real directory.

Runs in: tests.
"""

from __future__ import annotations

from tests.support.crm_fakes import FakeMemberDirectory

from ctidesk.care.member import Candidate, MemberCard, Party
from ctidesk.crm.records import (
    CarerRecord,
    ColleagueRecord,
    FacilityRecord,
    MemberRecord,
    Phone,
    Record,
    phone,
)

SHARED = "+49 30 23125 010"
CARER = "+49 171 3920015"
HOSPITAL = "+49 30 23125 100"
SINGLE = "+49 171 3920031"


def _phone(raw: str, kind: str) -> tuple[Phone, ...]:
    found = phone(raw, "DE", kind)
    assert found is not None
    return (found,)


RECORDS: list[Record] = [
    MemberRecord(
        member_id="M-1001",
        given="Jane",
        family="Doe",
        birth_date="1961-04-12",
        household="H1",
        phones=_phone(SHARED, "home"),
    ),
    MemberRecord(
        member_id="M-1002",
        given="Tom",
        family="Doe",
        birth_date="1958-11-30",
        household="H1",
        phones=_phone(SHARED, "home"),
    ),
    MemberRecord(
        member_id="M-1003",
        given="Lena",
        family="Fischer",
        birth_date="1990-02-01",
        phones=_phone(SINGLE, "mobile"),
    ),
    MemberRecord(member_id="M-1004", given="Walter", family="Lindqvist", birth_date="1939-06-06"),
    CarerRecord(
        member_id="M-1004", name="Maria Nowak", may_speak=True, phones=_phone(CARER, "mobile")
    ),
    FacilityRecord(
        facility_id="F-1",
        name="St. Anna Hospital",
        kind="hospital",
        phones=_phone(HOSPITAL, "main"),
    ),
    ColleagueRecord(extension="201", name="Dr. Chen, nurse line"),
]


def fake_directory() -> FakeMemberDirectory:
    def member(key: str, member_id: str, name: str) -> Candidate:
        return Candidate(key=key, party=Party.MEMBER, name=name, member_id=member_id)

    carer = Candidate(key="r1", party=Party.CARER, name="Maria Nowak", member_id="M-1004")
    hospital = Candidate(
        key="f1", party=Party.PROVIDER, name="St. Anna Hospital", facility_id="F-1"
    )
    colleague = Candidate(key="c1", party=Party.UNKNOWN, name="Dr. Chen, nurse line")
    return FakeMemberDirectory(
        people=[
            (member("m1", "M-1001", "Jane Doe"), (SHARED,)),
            (member("m2", "M-1002", "Tom Doe"), (SHARED,)),
            (member("m3", "M-1003", "Lena Fischer"), (SINGLE,)),
            (member("m4", "M-1004", "Walter Lindqvist"), ()),
            (carer, (CARER,)),
            (hospital, (HOSPITAL,)),
            (colleague, ("201",)),
        ],
        cards={
            "M-1003": MemberCard(
                member_id="M-1003",
                given="Lena",
                family="Fischer",
                birth_date=None,
                postcode="",
                address="",
                policy_number="",
                phone_last4="0031",
                language="",
                channel_preference="",
            )
        },
    )
