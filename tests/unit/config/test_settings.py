"""A settings file is taken whole or refused with the place and a remedy; values are not quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctidesk.config import settings
from ctidesk.config.settings import SettingsProblem

FOLDER = Path("/etc/ctidesk-test")

WHOLE = b"""
[account]
user = "1001"
password = "s3cret"
registrar = "pbx.example:5060"
transport = "tls"
local_port = 5066
srtp = "mandatory"
ca_file = "roots.pem"
cert_file = "own.pem"
key_file = "own.key"
registrars = ["pbx2.example:5060"]
ice = true
turn_password = "t0psecret"
trusted_peers = ["192.0.2.1"]
[recording]
policy = "required"
recipients = ["age1example"]
[patient_page]
name = "EMR"
url = "https://emr.example/{crm_id}"
hosts = ["emr.example"]
on_answer = ["*"]
[data]
region = "PL"
members_csv = "members.csv"
[wrapup]
mode = "timed"
seconds = 60
[agent]
name = "A. Gent"
reasons = ["Break"]
[colleagues]
list = ["Nurse Kim <203>", "Lift alarm <*99>"]
[appearance]
theme = "dark"
[crm]
server = "https://crm.example/fhir/R4"
auth = "key"
client_id = "desk-7"
types = ["Patient", "Coverage"]
ca_file = "crm-roots.pem"
interval = 30

[care]
guides = "guides"
knowledge = "articles"
"""


def test_a_whole_file_is_read_and_paths_count_from_its_folder() -> None:
    read = settings.parse(WHOLE, FOLDER)
    assert read.account.user == "1001"
    assert read.account.srtp == "mandatory"
    assert read.account.ca_file == str(FOLDER / "roots.pem")
    assert read.account.key_file == str(FOLDER / "own.key")
    assert (read.account.registrars, read.account.ice) == (("pbx2.example:5060",), True)
    assert read.data.members_csv == str(FOLDER / "members.csv")
    assert read.care.guides == str(FOLDER / "guides")
    assert read.care.knowledge == str(FOLDER / "articles")
    assert read.recording.recipients == ("age1example",)
    assert read.wrapup.seconds == 60
    assert read.crm.server == "https://crm.example/fhir/R4"
    assert (read.crm.types, read.crm.interval) == (("Patient", "Coverage"), 30)
    assert read.crm.ca_file == str(FOLDER / "crm-roots.pem")
    assert read.colleagues.list == ("Nurse Kim <203>", "Lift alarm <*99>")


def test_nothing_given_means_the_defaults() -> None:
    assert settings.parse(b"", FOLDER) == settings.Settings()


def test_a_password_is_in_no_repr() -> None:
    shown = repr(settings.parse(WHOLE, FOLDER))
    assert "s3cret" not in shown
    assert "t0psecret" not in shown


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[account\nuser='x'", "line 1"),
        (b"[account]\npassword = s3cret", "line 2"),
        (b"[account]\nuser = 'x'\nuser = 'y'", "damaged"),
        (b"[acount]\nuser = 'x'", "unknown section [acount]"),
        (b"account = 3", "not a section"),
        (b"[account]\nusr = 'x'", "unknown key account.usr"),
        (b"[account]\nuser = 1001", "account.user must be a text in quotes"),
        (b"[account]\nlocal_port = '5060'", "account.local_port must be a whole number"),
        (b"[account]\nlocal_port = true", "account.local_port must be a whole number"),
        (b"[account]\nlocal_port = 70000", "0 to 65535"),
        (b"[account]\nverify_tls = 'no'", "true or false"),
        (b"[account]\ntransport = 'carrier pigeon'", "account.transport has a value"),
        (b"[recording]\nrecipients = 'age1x'", "list of texts"),
        (b"[queue]\nlogin = 'log me in'", "queue.login has an entry"),
        (b"[colleagues]\nlist = ['Nurse Kim']", "colleagues.list has an entry"),
        (b"[crm]\nserver = 'crm.example'", "crm.server has an entry"),
        (b"[crm]\nserver = 'https://user:s3cret@crm.example/'", "crm.server has an entry"),
        (b"[crm]\ntypes = ['patients']", "crm.types has an entry"),
        (b"[crm]\nauth = 'password'", "crm.auth has a value"),
        (b"[crm]\ninterval = 1", "10 to 3600"),
        (b"[account]\n\xff\xfe", "not UTF-8 text (line 2)"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_a_remedy(raw: bytes, said: str) -> None:
    with pytest.raises(SettingsProblem) as problem:
        settings.parse(raw, FOLDER)
    assert said in problem.value.text
    assert problem.value.remedy
    assert "s3cret" not in problem.value.text + problem.value.remedy


def test_a_missing_an_unreadable_and_an_endless_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="does not exist"):
        settings.read(tmp_path / "none.toml")
    with pytest.raises(SettingsProblem, match="cannot be read"):
        settings.read(tmp_path)
    long = tmp_path / "long.toml"
    long.write_bytes(b"#" * (settings.MAX_BYTES + 1))
    with pytest.raises(SettingsProblem, match="longer than"):
        settings.read(long)
