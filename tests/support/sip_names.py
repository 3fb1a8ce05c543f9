"""A name server on loopback that knows SRV records, and nothing else.

Runs in: the test process, on a thread of its own.
"""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer:
    """`records`: (priority, weight, port, host) by name, such as "_sip._udp.house.example"."""

    def __init__(self, records: dict[str, list[tuple[int, int, int, str]]]) -> None:
        self.records = records
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            raw, peer = self.socket.recvfrom(4096)
            if raw == b"stop":
                return
            question = dns.message.from_wire(raw)
            name = question.question[0].name.to_text(omit_final_dot=True)
            self.asked.append(name)
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.RA
            found = self.records.get(name)
            if found:
                lines = [f"{p} {w} {port} {host}." for p, w, port, host in found]
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "SRV", *lines))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(answer.to_wire(), peer)

    def close(self) -> None:
        self.socket.sendto(b"stop", ("127.0.0.1", self.port))
        self._thread.join(10)
        self.socket.close()
