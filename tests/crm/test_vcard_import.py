"""vCards into the real cache, by the same way as CSV files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.crm_store import OpenStore

from ctidesk.care.member import Party
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import ImportPlan, ImportReport, Rejected, plan_of

CARDS = """BEGIN:VCARD
VERSION:3.0
UID:M-1
N:Doe;Jane;;;
TEL;TYPE=CELL:0171 3920031
TEL;TYPE=CELL:0171 3920032
TEL;TYPE=HOME,PREF:030 23125010
BDAY:1961-04-12
END:VCARD
BEGIN:VCARD
VERSION:3.0
ORG:City Hospital
CATEGORIES:hospital
TEL:030 23125100
END:VCARD
BEGIN:VCARD
VERSION:3.0
UID:M-2
N:Doe;Tom;;;
BDAY:19611341
END:VCARD
BEGIN:VCARD
VERSION:3.0
UID:M-3
N:Doe;Tim;;;
TEL:call me
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Doe;;;;
END:VCARD
"""


def test_cards_are_previewed_tried_imported_and_found(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "cards.vcf"
    path.write_text(CARDS)
    seen = preview(path)
    assert (seen.form, len(seen.rows), seen.mapping["member_id"]) == ("vcard", 4, "UID")
    plan = plan_of(seen, "DE")

    def run(plan: ImportPlan) -> ImportReport:
        report = opened.desk.answer(lambda done: import_file(opened.store, plan, done))
        assert isinstance(report, ImportReport)
        return report

    expected = (
        Rejected(16, "BDAY", "no such date"),
        Rejected(22, "TEL other", "not a telephone number"),
        Rejected(
            28,
            "",
            "no UID, and neither a birth date nor a number that tells it from others of that name",
        ),
    )
    for one in (replace(plan, dry=True), plan):
        report = run(one)
        assert report.rejected == expected
        assert (report.rows_read, report.added, report.changed) == (5, 2, 0)
    again = run(plan)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)

    directory = SqlMemberDirectory(opened.store, "DE")
    for number in ("+491713920031", "0171 3920032", "+493023125010"):
        found = opened.desk.answer(lambda done, n=number: directory.find_by_number(n, done))
        assert [(c.member_id, c.name) for c in found.candidates] == [("M-1", "Jane Doe")]
    found = opened.desk.answer(lambda done: directory.find_by_number("+493023125100", done))
    assert [(c.party, c.name) for c in found.candidates] == [(Party.PROVIDER, "City Hospital")]
    preferred = opened.run(
        lambda c: list(c.exec_driver_sql("SELECT national FROM numbers WHERE preferred").scalars())
    )
    assert sorted(preferred) == ["3023125010", "3023125100"]
