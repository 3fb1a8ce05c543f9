"""What the end of a REGISTER means, in words for the user, and when to try again.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import errno
import random
import time
from typing import NamedTuple

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import AccountWarning, Registration, RegistrationChanged
from ctidesk.sip.engine.native_account import RegisterSeen

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
# pjsip's status numbers: an OS error is 120000 + errno, its own resolver's begin at 320000
_RESOLVE = {70018, *range(320000, 321000)}
_OS = range(120000, 130000)
_LISTENING = {
    errno.EADDRINUSE: "port_taken",
    errno.EACCES: "port_forbidden",
    errno.EADDRNOTAVAIL: "no_address",
}


class Outcome(NamedTuple):
    """`problem` is one of `RegistrationChanged.problem`."""

    state: Registration
    problem: str = ""
    text: str = ""
    remedy: str = ""

    @property
    def good(self) -> bool:
        return self.state is Registration.REGISTERED


def outcome(seen: RegisterSeen, tls_problem: str) -> Outcome:
    """What the registrar's answer, or its absence, means. `tls_problem`: why a secure connection
    could not be made, "" when it could."""
    if seen.code // 100 == 2 and seen.status == 0:
        return Outcome(Registration.REGISTERED)
    if tls_problem:
        return problem(tls_problem)
    if seen.code in (401, 407):
        return problem("wrong_password")
    if seen.code == 403:
        return problem("forbidden")
    if seen.code in (404, 410, 604) and seen.source:
        return problem("unknown_user")
    if seen.code == 408:
        return problem("timeout")
    if seen.source and seen.code >= 300:
        return problem("server_error", seen.code)
    if seen.status in _RESOLVE or seen.code == 502:
        return problem("dns")
    return problem("no_route")


def cannot_listen(fault: Exception) -> Outcome:
    """Why an account's own address and port could not be opened: `pj.Error` of the transport, or
    `KnownError` of a certificate file."""
    if isinstance(fault, KnownError):
        return problem(fault.code)
    code = int(getattr(fault, "status", 0)) - _OS.start
    return problem(_LISTENING.get(code, "cannot_listen"))


def unusable(name: str) -> KnownError:
    """The `problem` of that name, to be raised before anything leaves this computer."""
    told = problem(name)
    return KnownError(told.problem, told.text, told.remedy)


def problem(name: str, code: int = 0) -> Outcome:
    """The sentence and the remedy for a `problem`."""
    text, remedy = _WORDS[name]
    refused = name in ("wrong_password", "unknown_user", "forbidden")
    state = Registration.REFUSED if refused else Registration.FAILED
    return Outcome(state, name, text.format(code=code), remedy)


def registration_changed(
    config: ConfigureAccount, result: Outcome, place: str, warnings: tuple[AccountWarning, ...]
) -> RegistrationChanged:
    """The event of now that tells `result` at the exchange `place`."""
    return RegistrationChanged(
        account_id=config.account_id,
        t_mono=time.monotonic(),
        t_wall=time.time(),
        state=result.state,
        problem=result.problem,
        text=result.text,
        remedy=result.remedy,
        transport=config.transport,
        registrar=place,
        media=config.srtp,
        warnings=warnings,
    )


def same_news(before: RegistrationChanged, now: RegistrationChanged) -> bool:
    """Whether `now` tells nothing that `before` did not."""
    return (before.state, before.registrar, before.warnings) == (
        now.state,
        now.registrar,
        now.warnings,
    )


def retry_delay_s(failures: int) -> float:
    """1, 2, 4 … 30 s for the first, second, third … failure in a row, with ± 20 % of jitter so
    that a hundred desks don't come back in the same moment."""
    delay_s = min(LAST_RETRY_S, FIRST_RETRY_S * float(2 ** min(failures - 1, 10)))
    return delay_s * random.uniform(0.8, 1.2)


_WORDS = {
    "wrong_password": (
        "The telephone exchange refuses the password of this account.",
        "Enter the password again; it is not tried again by itself, so that the account is not"
        " locked.",
    ),
    "unknown_user": (
        "The telephone exchange does not know this user.",
        "Check the user name in the settings, or ask IT whether the account exists.",
    ),
    "forbidden": (
        "The telephone exchange does not allow this account to register.",
        "Check user and password, then ask IT whether the account is blocked.",
    ),
    "no_route": (
        "The telephone exchange can't be reached from this computer.",
        "Check the network cable or VPN and the exchange's address; it is tried again by itself.",
    ),
    "dns": (
        "The name of the telephone exchange is not known in this network.",
        "Check the exchange's name in the settings and the network's name service.",
    ),
    "tls": (
        "No secure connection: the exchange's certificate is not trusted or belongs to another"
        " name, or the secure handshake failed.",
        "Check the certificate authority and the exchange's name in the settings; nothing was"
        " sent without encryption.",
    ),
    "certificate_expired": (
        "No secure connection: by this computer's clock the exchange's certificate has expired.",
        "Check date and time of this computer first; its clock may be wrong. If it is right, ask IT"
        " for a new certificate; nothing was sent without encryption.",
    ),
    "certificate_not_yet": (
        "No secure connection: by this computer's clock the exchange's certificate is not valid"
        " yet.",
        "Set date and time of this computer right; its clock is probably behind. If it is right,"
        " tell IT; nothing was sent without encryption.",
    ),
    "timeout": (
        "The telephone exchange does not answer.",
        "Check its address, port and transport in the settings; it is tried again by itself.",
    ),
    "port_taken": (
        "Another program uses the telephone's network port.",
        "End the other telephone program, or choose another local port in the settings; it is"
        " tried again by itself.",
    ),
    "port_forbidden": (
        "This user may not use the telephone's network port.",
        "Choose a local port above 1023 in the settings.",
    ),
    "no_address": (
        "This computer does not have the network address that the telephone is to use.",
        "Connect the network or VPN it belongs to, or correct the bind address in the settings;"
        " it is tried again by itself.",
    ),
    "certificate_file": (
        "The file of trusted certificate authorities can't be read.",
        "Correct its path in the settings, or ask IT for the file; it is tried again by itself.",
    ),
    "no_ipv6": (
        "This build of the telephone can't use IPv6.",
        "Install the release of the telephone engine, or use an IPv4 address of the exchange.",
    ),
    "own_certificate_file": (
        "The file of this computer's own certificate, or of its key, can't be read.",
        "Correct cert_file and key_file in the settings, or ask IT for the files; it is tried again"
        " by itself.",
    ),
    "key_readable": (
        "Other users of this computer can read the key of the telephone's certificate.",
        "Let only the telephone's user read the key file (chmod 600), and ask IT whether a new key"
        " is needed; it is tried again by itself.",
    ),
    "cannot_listen": (
        "The telephone can't use its network port.",
        "Check local port, bind address and certificate files in the settings; it is tried again"
        " by itself.",
    ),
    "server_error": (
        "The telephone exchange has a problem of its own (SIP {code}).",
        "It is tried again by itself; tell IT if it lasts.",
    ),
}
