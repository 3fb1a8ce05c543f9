"""vCards as telephones, Outlook and iCloud write them, and as nobody should."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ctidesk.calls.errors import KnownError
from ctidesk.crm.csv_text import Broken
from ctidesk.crm.import_files import preview
from ctidesk.crm.vcard_rows import HEADINGS, records
from ctidesk.crm.vcard_text import MAX_PROPERTIES, MAX_VALUE, is_vcard

ANDROID_2_1 = b"""BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCr=\r
gen;;;\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen=20M=C3=BCller\r
TEL;CELL;PREF:0171 3920031\r
TEL;CELL:0171 3920032\r
TEL;HOME;FAX:030 1234567\r
TEL;HOME:030 23125010\r
BDAY:19610412\r
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQ\r
 ABAAD/2wBDAAYEBQYFBAYGBQYH\r
\r
ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Lindenstra=C3=9Fe 1;Berlin;;10115;Germany\r
END:VCARD\r
"""
OUTLOOK_2_1 = b"""BEGIN:VCARD
VERSION:2.1
N;LANGUAGE=de;CHARSET=Windows-1252:M\xfcller;Anna
TEL;WORK;VOICE:+49 (30) 23125-020
ADR;WORK;PREF;CHARSET=Windows-1252:;;Weg 3;Berlin;;10117;Deutschland
X-MS-OL-DEFAULT-POSTAL-ADDRESS:2
UID:outlook-1
END:VCARD
"""
ICLOUD_3_0 = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17.1//EN
N:Doe;Jane;;;
FN:Jane Doe
item1.TEL;type=pref:+49 30 23125010
item1.X-ABLabel:_$!<Home>!$_
TEL;type=CELL;type=VOICE:+49 171 3920033
item2.ADR;type=HOME;type=pref:;;Hauptstr. 5\\, Hof;Berlin;;10115;Germany
item2.X-ABADR:de
BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12
NOTE:line one\\nline
  two
UID:0F4B1C2D-1111-2222-3333-444455556666
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:;;;;
FN:St. Anna Hospital
ORG:St. Anna Hospital;
X-ABShowAs:COMPANY
CATEGORIES:Hospital
TEL;type=MAIN:+49 30 23125100
END:VCARD
"""
RFC_6350_4_0 = """BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
FN;PID=1.1:J. Doe
N:Doe;Jane;Mary,Ann;;
BDAY:--0412
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+49-30-2312-5010;ext=5102
TEL;VALUE=uri;TYPE=cell:tel:+49-171-3920034
LANG;TYPE=home;PREF=1:de
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:org
FN:ABC Pharmacy
CATEGORIES:pharmacy
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:group
FN:Everybody
END:VCARD
"""


def read(folder: Path, text: str | bytes, encoding: str = "utf-8") -> list[dict[str, str] | Broken]:
    """The filled cells of each card by heading."""
    path = folder / "cards.vcf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    _, *found = records(path, encoding)
    return [
        each
        if isinstance(each, Broken)
        else {h: c for h, c in zip(HEADINGS, each.fields, strict=True) if c}
        for each in found
    ]


def one(folder: Path, *lines: str) -> dict[str, str] | Broken:
    (found,) = read(folder, "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""]))
    return found


def test_an_android_card(tmp_path: Path) -> None:
    (card,) = read(tmp_path, ANDROID_2_1)
    assert isinstance(card, dict)
    uid = card.pop("UID")
    assert uid.startswith("card-")
    assert card == {
        "N given": "Jürgen",
        "N family": "Müller",
        "BDAY": "1961-04-12",
        "TEL cell": "0171 3920031|0171 3920032",
        "TEL home": "030 23125010",
        "TEL preferred": "0171 3920031",
        "ADR": "Lindenstraße 1, Berlin",
        "ADR code": "10115",
    }
    moved = ANDROID_2_1.replace(b"0171 3920031", b"0171 9999999").replace(b"Berlin", b"Bonn")
    (again,) = read(tmp_path, moved)
    assert isinstance(again, dict) and again["UID"] == uid


def test_an_outlook_card_in_the_windows_character_set(tmp_path: Path) -> None:
    path = tmp_path / "o.vcf"
    path.write_bytes(OUTLOOK_2_1)
    seen = preview(path)
    assert (seen.form, seen.encoding, seen.encoding_certain) == ("vcard", "cp1252", False)
    (card,) = read(tmp_path, OUTLOOK_2_1)
    assert card == {
        "UID": "outlook-1",
        "N given": "Anna",
        "N family": "Müller",
        "TEL work": "+49 (30) 23125-020",
        "ADR": "Weg 3, Berlin",
        "ADR code": "10117",
    }


def test_cards_of_icloud(tmp_path: Path) -> None:
    jane, anna = read(tmp_path, ICLOUD_3_0)
    assert jane == {
        "UID": "0F4B1C2D-1111-2222-3333-444455556666",
        "N given": "Jane",
        "N family": "Doe",
        "TEL home": "+49 30 23125010",
        "TEL cell": "+49 171 3920033",
        "TEL preferred": "+49 30 23125010",
        "ADR": "Hauptstr. 5, Hof, Berlin",
        "ADR code": "10115",
        "NOTE": "line one line two",
    }
    assert isinstance(anna, dict) and anna.pop("ORG UID").startswith("org-")
    assert anna == {
        "ORG": "St. Anna Hospital",
        "ORG kind": "hospital",
        "TEL other": "+49 30 23125100",
        "CATEGORIES": "Hospital",
    }


def test_cards_of_version_4(tmp_path: Path) -> None:
    jane, pharmacy, group = read(tmp_path, RFC_6350_4_0)
    assert jane == {
        "UID": "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        "N given": "Jane Mary Ann",
        "N family": "Doe",
        "TEL home": "+49-30-2312-5010 ext. 5102",
        "TEL cell": "+49-171-3920034",
        "TEL preferred": "+49-30-2312-5010 ext. 5102",
        "LANG": "de",
    }
    assert isinstance(pharmacy, dict) and pharmacy["ORG kind"] == "pharmacy"
    assert group == Broken(17, "a group of cards, and not a person or organisation")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("BDAY:19610412", "1961-04-12"),
        ("BDAY:1961-04-12", "1961-04-12"),
        ("BDAY:1961-04-12T00:00:00Z", "1961-04-12"),
        ("BDAY;VALUE=date:1961-04-12", "1961-04-12"),
        ("BDAY:--0412", ""),
        ("BDAY:--04-12", ""),
        ("BDAY:1961-04", ""),
        ("BDAY:1961", ""),
        ("BDAY:---12", ""),
        ("BDAY;VALUE=text:circa 1800", ""),
        ("BDAY:19611341", "1961-13-41"),  # the import rejects it, with its column
        ("BDAY:in spring", "in spring"),
    ],
)
def test_birth_dates(tmp_path: Path, line: str, date: str) -> None:
    card = one(tmp_path, "UID:1", "N:Doe;Jane", line)
    assert isinstance(card, dict) and card.get("BDAY", "") == date


def test_nobody_is_made_one_with_a_namesake(tmp_path: Path) -> None:
    assert isinstance(one(tmp_path, "N:Kowalski;Jan"), Broken)
    a = one(tmp_path, "N:Kowalski;Jan", "TEL:030 1234567")
    b = one(tmp_path, "N:Kowalski;Jan", "TEL:030 7654321")
    c = one(tmp_path, "N:Kowalski;Jan", "BDAY:19610412")
    assert isinstance(a, dict) and isinstance(b, dict) and isinstance(c, dict)
    assert len({a["UID"], b["UID"], c["UID"]}) == 3
    assert isinstance(one(tmp_path, "TEL:030 1234567"), Broken)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_character_sets(tmp_path: Path, encoding: str) -> None:
    text = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Grün;Zoë\r\nUID:1\r\nEND:VCARD\r\n"
    path = tmp_path / "a.vcf"
    path.write_bytes(text.encode(encoding))
    assert is_vcard(path)
    seen = preview(path)
    assert seen.encoding == encoding
    row = dict(zip(seen.header, seen.rows[0], strict=True))
    assert (row["N given"], row["N family"]) == ("Zoë", "Grün")


def test_a_fold_in_the_middle_of_a_letter(tmp_path: Path) -> None:
    raw = "N:Müller;Jane".encode()
    at = raw.index(b"\xbc")
    text = b"BEGIN:VCARD\nUID:1\n" + raw[:at] + b"\n " + raw[at:] + b"\nEND:VCARD\n"
    (card,) = read(tmp_path, text)
    assert isinstance(card, dict) and card["N family"] == "Müller"


def test_hostile_texts_become_plain(tmp_path: Path) -> None:
    card = one(tmp_path, "UID:1", "N:Doe\u202e<b>;Ja\x07ne", "TEL:+49|171")
    assert isinstance(card, dict)
    assert (card["N family"], card["N given"]) == ("Doe<b>", "Jane")
    assert "|" not in card["TEL other"]
    nul = one(tmp_path, "UID:1", "N:Doe\0;Jane")
    assert isinstance(nul, Broken) and nul.line == 1
    charset = one(tmp_path, "UID:1", "N;CHARSET=zlib:Doe;Jane")
    assert isinstance(charset, dict) and charset["N family"] == "Doe"
    assert isinstance(one(tmp_path, "UID:1", "N;CHARSET=klingon:Doe;Jane"), Broken)
    bad = b"BEGIN:VCARD\nUID:1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=FF=FE;J\nEND:VCARD\n"
    assert isinstance(read(tmp_path, bad)[0], Broken)


def test_a_broken_card_costs_itself_alone(tmp_path: Path) -> None:
    text = (
        "stray line\nBEGIN:VCARD\nUID:1\nN:One;A\n"  # no END
        "BEGIN:VCARD\nUID:2\nN:Two;B\nno colon here\n:::\n;;=\nEND:VCARD\nEND:VCARD\n"
        "BEGIN:VCARD\nUID:3\nN:Three;C\nAGENT:\nBEGIN:VCARD\nUID:4\nN:Four;D\nEND:VCARD\nEND:VCARD\n"
        "BEGIN:VCARD\nUID:5\n"
    )
    first, two, three, last = read(tmp_path, text)
    assert first == Broken(2, "the card has no end")
    assert isinstance(two, dict) and two["UID"] == "2"
    assert isinstance(three, dict) and three["N family"] == "Three"
    assert isinstance(last, Broken)


def test_what_is_endless_is_passed_over_or_refused(tmp_path: Path) -> None:
    photo = "PHOTO;ENCODING=b:" + "A" * 3_000_000
    folded = "PHOTO;ENCODING=b:AAAA\r\n" + "\r\n".join(" " + "A" * 75 for _ in range(40_000))
    for picture in (photo, folded):
        card = one(tmp_path, "UID:1", "N:Doe;Jane", picture, "TEL:030 1234567")
        assert isinstance(card, dict) and card["TEL other"] == "030 1234567"
    long = one(tmp_path, "UID:1", "N:Doe;Jane", "NOTE:" + "x" * (MAX_VALUE + 1))
    assert long == Broken(1, "a line of the card is too long")
    soft = "NOTE;ENCODING=QUOTED-PRINTABLE:" + "x=\r\n" * 200_000
    assert isinstance(one(tmp_path, "UID:1", "N:Doe;Jane", soft), Broken)
    many = one(tmp_path, "UID:1", "N:Doe;Jane", *["TEL:1"] * MAX_PROPERTIES)
    assert isinstance(many, Broken)
    deep = "BEGIN:VCARD\n" + "AGENT:\nBEGIN:VCARD\n" * 50_000
    began = time.perf_counter()
    assert read(tmp_path, deep) == [Broken(1, "the card has no end")]
    parameters = "TEL;" + ";" * 60_000 + 'TYPE="' + "," * 900 + ":1"
    assert isinstance(one(tmp_path, "UID:1", "N:Doe;Jane", parameters), dict)
    assert time.perf_counter() - began < 30  # not for ever: no figure, see bench/


def test_what_is_no_vcard_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_bytes(b"")
    with pytest.raises(KnownError, match="no rows"):
        preview(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    with pytest.raises(KnownError) as refused:
        preview(path)
    assert refused.value.code == "csv_encoding"
