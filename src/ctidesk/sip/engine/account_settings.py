"""From what the desk ordered to what a native account needs, for one exchange of it.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import dataclasses

from ctidesk.calls.commands import ConfigureAccount, Srtp
from ctidesk.sip.engine.addresses import bracketed, is_ipv6
from ctidesk.sip.engine.bindings import this_instance
from ctidesk.sip.engine.endpoint import Listening
from ctidesk.sip.engine.native_account import AccountSettings, Traversal
from ctidesk.sip.engine.registrars import Place, Registrars


def completed(config: ConfigureAccount) -> ConfigureAccount:
    """`config` with its first registrar in `registrar`, wherever it stood."""
    if config.registrar or not config.registrars:
        return config
    return dataclasses.replace(
        config, registrar=config.registrars[0], registrars=config.registrars[1:]
    )


def uses_ipv6(config: ConfigureAccount) -> bool:
    """Whether names are looked up, and sockets opened, for IPv6."""
    return is_ipv6(config.bind_address)


def bound_address(config: ConfigureAccount) -> str:
    """What sockets are bound to. With an exchange at an IPv6 address, IPv6 is meant."""
    places = Registrars(config.registrar, config.registrars)
    if not config.bind_address and any(is_ipv6(host) for host in places.hosts()):
        return "::"
    return config.bind_address


def native_settings(
    config: ConfigureAccount, listening: Listening | None, place: Place, address: str
) -> AccountSettings:
    """`place` is reached at the IP `address`; both empty for an account without an exchange."""
    assert listening is not None  # nothing is opened before we listen
    tls = config.transport == "tls"
    suffix = "" if config.transport == "udp" else f";transport={config.transport}"
    # TLS checks the certificate against the name, so there the name stays in the route
    port = f":{place.port}" if place.port else ""
    next_hop = f"{bracketed(place.host if tls else address)}{port}"
    where = config.domain or config.registrar
    nobody = "::1" if uses_ipv6(config) else "127.0.0.1"
    # "::" is nobody's address
    own_host = config.bind_address.strip("[]").strip(":") and config.bind_address
    own = f"{bracketed(own_host or nobody)}:{listening.port}"
    display = config.display_name.replace("\\", "").replace('"', "")
    return AccountSettings(
        id_uri=f'"{display}" <sip:{config.user}@{where or own}>',
        transport_id=listening.transport_id,
        registrar_uri=f"sip:{where}{suffix}" if where else "",
        route=f"<sip:{next_hop}{suffix};lr;hide>" if config.registrar else "",
        user=config.user,
        password=config.password,
        expires_s=config.expires_s,
        srtp=config.srtp,
        tls=tls and config.srtp is not Srtp.OFF,
        media_address=config.bind_address,
        instance=instance_of(config),
        traversal=Traversal(
            ice=config.ice,
            stun=bool(config.stun),
            turn_server=config.turn_server,
            turn_transport=config.turn_transport,
            turn_user=config.turn_user,
            turn_password=config.turn_password,
        ),
    )


def instance_of(config: ConfigureAccount) -> str:
    """This telephone's name among all that register the account."""
    return this_instance(f"{config.user}@{config.domain or config.registrar}")
