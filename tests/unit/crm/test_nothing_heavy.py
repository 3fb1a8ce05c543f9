"""The facades load without SQLAlchemy: the window must not wait for it."""

from __future__ import annotations

from tests.support.crm_python import output_of


def test_the_facades_do_not_load_sqlalchemy_keyring_or_phone_plans() -> None:
    code = (
        "import sys\n"
        "import ctidesk.crm.cache, ctidesk.crm.directory, ctidesk.crm.journal, ctidesk.crm.store\n"
        "import ctidesk.config.keys, ctidesk.crm.file_import, ctidesk.startup.crm_link\n"
        "heavy = {'httpx', 'sqlalchemy', 'alembic', 'sqlcipher3', 'keyring', 'argon2'}\n"
        "heavy |= {'cryptography'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert output_of(code) == "[]"
