"""Host names and SRV records, looked up without the loop ever waiting.

Runs in: engine process, loop thread; each look-up in a short thread of its own.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

from ctidesk.sip.engine.addresses import host_port, is_address
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.registrars import ServiceRecord, belongs

log = logging.getLogger("ctidesk.engine")

PATIENCE_S = 3.0
MAX_RECORDS = 16
_SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}


def resolve(endpoint: SipEndpoint, host: str, ipv6: bool, done: Callable[[str], None]) -> None:
    """`done(address)` on the loop, "" when the name is unknown or has no address of this kind."""
    if is_address(host):
        endpoint.post(lambda: done(host.strip("[]")))
        return
    family = socket.AF_INET6 if ipv6 else socket.AF_INET

    def work() -> None:
        try:
            found = socket.getaddrinfo(host, None, family, socket.SOCK_DGRAM)
            address = str(found[0][4][0])
        except (OSError, UnicodeError):
            address = ""
        endpoint.post(lambda: done(address))

    threading.Thread(target=work, name="resolve", daemon=True).start()


def services(
    endpoint: SipEndpoint,
    domain: str,
    transport: str,
    nameserver: str,
    done: Callable[[list[ServiceRecord]], None],
) -> None:
    """`done(records)` on the loop: the SRV records of `domain` (RFC 3263 4.1), none when there are
    none or nobody answers. With TLS only hosts within the domain count: its certificate is checked
    against the host's name, and name services can lie."""

    def work() -> None:
        found = _service_records(f"{_SERVICES[transport]}.{domain}", nameserver)
        if transport == "tls":
            found = [record for record in found if belongs(record.host, domain)]
        endpoint.post(lambda: done(found))

    threading.Thread(target=work, name="services", daemon=True).start()


def _service_records(name: str, nameserver: str) -> list[ServiceRecord]:
    # only here: most accounts never need it, and it takes longer to load than the engine
    import dns.exception
    import dns.rdatatype
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=not nameserver)
        if nameserver:
            host, port = host_port(nameserver)
            resolver.nameservers = [host]
            resolver.port = port or 53
        answer = resolver.resolve(name, "SRV", lifetime=PATIENCE_S, search=False)
    except (dns.exception.DNSException, OSError, ValueError):
        return []
    records: list[ServiceRecord] = []
    for record in answer.rrset or ():
        host = record.target.to_text(omit_final_dot=True)
        # "." says that the service is decidedly not there
        if host and host != "." and len(records) < MAX_RECORDS:
            records.append(
                ServiceRecord(int(record.priority), int(record.weight), host, int(record.port))
            )
    return records
