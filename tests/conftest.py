"""Which engine the tests run on: the development wheel, unless CTIDESK_ENGINE says otherwise; and
how patient the properties are."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine_choice import VARIABLE, wanted_folder

# set here and not in a fixture: modules of the tests are imported before any fixture runs
os.environ.setdefault(VARIABLE, "wheel")
# no test depends on how busy the machine is
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_report_header() -> str:
    try:
        folder = wanted_folder()
    except KnownError as error:
        pytest.exit(f"{error.text} {error.remedy}", returncode=4)
    return f"engine: {'development wheel' if folder is None else f'own build in {folder}'}"
