"""A real FHIR server, and the fault-injecting proxy before it; skipped by name without npm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_server import FhirServer, NoFhirServer


def _server(**environment: str) -> FhirServer:
    try:
        return FhirServer(**environment)
    except NoFhirServer as why:
        pytest.skip(f"no FHIR server here: {why}")


@pytest.fixture(scope="session")
def _telling() -> Iterator[FhirServer]:
    running = _server(FHIR_HISTORY="1")
    yield running
    running.close()


@pytest.fixture(scope="session")
def _forgetful() -> Iterator[FhirServer]:
    running = _server()
    yield running
    running.close()


@pytest.fixture
def server(_telling: FhirServer) -> FhirServer:
    """Empty, tells deletions by `_history`. Loading R4's definitions takes it a second, so it is
    one for all tests."""
    _telling.clear()
    return _telling


@pytest.fixture
def forgetful_server(_forgetful: FhirServer) -> FhirServer:
    """Empty, tells nothing about deletions."""
    _forgetful.clear()
    return _forgetful


@pytest.fixture
def proxy(server: FhirServer) -> Iterator[FaultProxy]:
    standing = FaultProxy(f"http://127.0.0.1:{server.port}")
    yield standing
    standing.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many of the example resources were read."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and "tests/fhir/" in report.nodeid:
            for name, value in report.user_properties:
                terminalreporter.write_line(f"{name}: {value}")
