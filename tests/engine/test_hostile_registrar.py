"""Answers of a registrar that is broken, or no registrar at all: the engine lives and says so."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_hostile import CANARY, Stranger, mutated
from tests.support.sip_office import Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import events as ev
from ctidesk.calls.events import Registration

BAD = (Registration.FAILED, Registration.REFUSED)
ANSWERS = {
    "200": "Contact: <sip:{canary}@127.0.0.1:9>;expires=99999999999\r\n",
    "200 short": "Expires: 0\r\nMin-Expires: -1\r\n",
    "302": "Contact: <sip:{canary}@127.0.0.1:9>\r\n",
    "401": 'WWW-Authenticate: Digest realm="{canary}", nonce="{canary}", algorithm=MD5\r\n',
    "401 twice": 'WWW-Authenticate: Digest realm="{canary}", nonce="n", algorithm=XXX, qop="z"\r\n'
    'WWW-Authenticate: Basic realm="{canary}"\r\n',
    "407": 'Proxy-Authenticate: Digest realm="{canary}", nonce="{canary}"\r\n',
    "423": "Min-Expires: 99999999999\r\n",
    "494": "Security-Server: {canary}\r\n",
    "503": "Retry-After: 99999999999999 ({canary})\r\n",
    "699": "Warning: 399 x {canary}\r\n",
}


class MadRegistrar(RawRegistrar):
    """Answers each REGISTER with mutations of `answer`, and then with a plain 503; an honest one
    once `mode` is "digest"."""

    def __init__(self) -> None:
        self.rng = random.Random(10_3)
        self.answer = "200"
        super().__init__(mode="mad")

    def _answer(self, text: str, peer: tuple[str, int]) -> None:
        if self.mode != "mad":
            super()._answer(text, peer)
            return
        copied = "".join(
            line + (f";tag={CANARY}" if line.startswith("To:") else "") + "\r\n"
            for line in text.split("\r\n")
            if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
        )
        code, fields = self.answer[:3], ANSWERS[self.answer].replace("{canary}", CANARY)
        raw = f"SIP/2.0 {code} {CANARY}\r\n{copied}{fields}Content-Length: 0\r\n\r\n".encode()
        for _ in range(12):
            self.socket.sendto(mutated(raw, self.rng), peer)
        last = f"SIP/2.0 503 {CANARY}\r\n{copied}Content-Length: 0\r\n\r\n"
        self.socket.sendto(last.encode(), peer)


@pytest.fixture
def registrar() -> Iterator[MadRegistrar]:
    made = MadRegistrar()
    yield made
    made.close()


@pytest.mark.timeout(120)
def test_mutated_answers_are_survived_and_told_in_words(
    brisk_office: Callable[..., Office], registrar: MadRegistrar
) -> None:
    office = brisk_office(registrar=f"127.0.0.1:{registrar.port}", password="secret")
    for answer in ANSWERS:
        registrar.answer = answer
        seen = registrar.registers

        def asked_again(seen: int = seen) -> bool:
            office.desk.do(office.config)  # tries at once whatever failed
            return registrar.registers > seen + 2

        until(asked_again, f"REGISTERs answered with broken {answer}")
        assert office.engine.process.poll() is None
    told = [e for _seq, e in office.desk.events if isinstance(e, ev.RegistrationChanged)]
    problems = [event for event in told if event.state in BAD]
    assert problems
    assert all(event.text and event.remedy for event in problems)
    assert not any(CANARY in f"{event.text}{event.remedy}" for event in told)
    registrar.mode = "digest"

    def registered() -> bool:
        office.desk.do(office.config)
        last = [e for _seq, e in office.desk.events if isinstance(e, ev.RegistrationChanged)][-1]
        return last.state is Registration.REGISTERED

    until(registered, "a registration as soon as the answers are right", patience_s=40)
    caller = Stranger(office.port)
    assert caller.is_answered_soon()
    caller.close()
    log = office.engine.log.read_text()
    assert CANARY not in log
    assert "Traceback" not in log
