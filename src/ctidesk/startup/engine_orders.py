"""What the engine is told, made from the settings.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from pathlib import Path

from ctidesk.calls.commands import ConfigureAccount, ConfigureRecording, Srtp
from ctidesk.config.settings import Account, Settings

ACCOUNT_ID = "main"


def account_order(account: Account) -> ConfigureAccount:
    """The account's command. `domain` defaults to the registrar's host."""
    return ConfigureAccount(
        account_id=ACCOUNT_ID,
        user=account.user,
        password=account.password,
        registrar=account.registrar,
        domain=account.domain,
        transport=account.transport,
        local_port=account.local_port,
        bind_address=account.bind_address,
        srtp=Srtp(account.srtp),
        tls_ca_file=account.ca_file,
        tls_verify=account.verify_tls,
        tls_cert_file=account.cert_file,
        tls_key_file=account.key_file,
        registrars=account.registrars,
        nameserver=account.nameserver,
        ice=account.ice,
        stun=account.stun,
        turn_server=account.turn_server,
        turn_transport=account.turn_transport,
        turn_user=account.turn_user,
        turn_password=account.turn_password,
        display_name=account.display_name,
        trusted_peers=account.trusted_peers,
    )


def recording_order(
    settings: Settings, spool: Path, device_key: bytes | None
) -> ConfigureRecording:
    """The recording's command. Without a device key nothing can be signed, so no recipient is
    named: an "allowed" call is then not recorded and a "required" one not answered, in words."""
    return ConfigureRecording(
        policy=settings.recording.policy,
        recipients=settings.recording.recipients if device_key is not None else (),
        spool_dir=str(spool),
        device_key=device_key.hex() if device_key is not None else "",
        agent=settings.agent.name or settings.account.user,
    )
