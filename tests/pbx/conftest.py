"""A real Asterisk on loopback, agents and telephones at it.

It comes from a packed tree `asterisk-*.tar.zst` in the folder that CTIDESK_PBX_LAB names, else from
Debian's packages, fetched once into a cache folder; nothing is installed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import pytest
from tests.support import sip_desk
from tests.support.asterisk import OUTSIDE, Asterisk, password
from tests.support.asterisk_tree import NoAsterisk, asterisk_tree
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone

Agent = Callable[..., Office]
Extension = Callable[..., Phone]
Record = Callable[[str, object], None]
"""`record_property`: what the exchange did, for the summary."""


@pytest.fixture(scope="session")
def new_pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Asterisk]]:
    """Starts an exchange of its own."""
    started: list[Asterisk] = []

    def make(*, native_rtp: bool = False) -> Asterisk:
        try:
            tree = asterisk_tree("bridge_native_rtp.so" if native_rtp else "")
        except NoAsterisk as reason:
            pytest.skip(f"no real Asterisk: {reason}")
        folder = tmp_path_factory.mktemp("pbx") / "run"
        started.append(Asterisk(tree, folder, native_rtp=native_rtp))
        return started[-1]

    yield make
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def pbx(new_pbx: Callable[..., Asterisk]) -> Asterisk:
    """The exchange of all tests that need no other one."""
    return new_pbx()


@pytest.fixture(scope="session")
def native_pbx(new_pbx: Callable[..., Asterisk]) -> Asterisk:
    """An exchange that relays speech in its native bridge, as most real ones do."""
    return new_pbx(native_rtp=True)


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines notice silence within seconds, not within half a minute."""
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_brisk_engine")


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> Iterator[Agent]:
    """Makes an office whose account is telephone `user` of the exchange."""
    offices: list[Office] = []

    def make(
        user: str = "201",
        transport: str = "udp",
        *options: str,
        at: Asterisk | None = None,
        **more: object,
    ) -> Office:
        exchange = at if at is not None else request.getfixturevalue("pbx")
        tls = transport == "tls"
        account = {
            "user": user,
            "password": password(user),
            "registrar": f"127.0.0.1:{exchange.sip_tls if tls else exchange.sip}",
            "transport": transport,
            "tls_ca_file": exchange.ca if tls else "",
            **more,
        }
        offices.append(Office(*options, **account))
        return offices[-1]

    yield make
    faults = [fault for office in offices for fault in office.close()]
    assert faults == []


@pytest.fixture
def extension(request: pytest.FixtureRequest) -> Iterator[Extension]:
    """Makes a registered telephone."""
    phones: list[Phone] = []

    def make(user: str, at: Asterisk | None = None, **more: object) -> Phone:
        exchange = at if at is not None else request.getfixturevalue("pbx")
        registrar = f"127.0.0.1:{exchange.sip}"
        phones.append(Phone(user, registrar=registrar, password=password(user), **more))
        assert phones[-1].wait("registered")["code"] == 200
        return phones[-1]

    yield make
    for phone in phones:
        phone("hangup_all")
        phone.quiet()
        phone.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the exchange said stands beside a failed test."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Asterisk):
                report.sections.append(("Asterisk", value.log()[-6000:]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured at the exchange, or found out about it."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and "tests/pbx/" in report.nodeid:
            for name, value in report.user_properties:
                terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}: {name} {value}")


@pytest.fixture
def outside() -> Iterator[Callable[..., Phone]]:
    """Makes a telephone out in the world, behind the exchange's trunk."""
    phones: list[Phone] = []

    def make(number: str = "+4930123456", **more: object) -> Phone:
        phones.append(Phone(number, address=OUTSIDE, **more))
        return phones[-1]

    yield make
    for phone in phones:
        phone("hangup_all")
        phone.quiet()
        phone.close()
