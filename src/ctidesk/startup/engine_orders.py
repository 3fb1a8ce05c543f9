"""What the engine is told, made from the settings.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from pathlib import Path

from ctidesk.calls.commands import (
    ConfigureAccount,
    ConfigureAudio,
    ConfigureRecording,
    Srtp,
    WatchLamps,
)
from ctidesk.calls.lamps import MOST_LAMPS, Colleague
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.calls.text import plain
from ctidesk.config.sections import Account, Audio
from ctidesk.config.settings import Settings

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


def colleagues(settings: Settings) -> tuple[Colleague, ...]:
    """Whom the agent consults, in the order of the settings."""
    found = []
    for entry in settings.colleagues.list:
        name, _, number = entry.rstrip(">").partition("<")
        found.append(Colleague(plain(name), number))
    return tuple(found)


def queue_codes(settings: Settings) -> QueueCodes:
    queue = settings.queue
    return QueueCodes(
        login=queue.login,
        logout=queue.logout,
        pause=queue.pause,
        unpause=queue.unpause,
        with_state=queue.with_state,
    )


def lamps_order(settings: Settings) -> WatchLamps:
    """The lamps' command: parking places, and as many colleagues as can be watched."""
    numbers = (*settings.parking.places, *(each.number for each in colleagues(settings)))
    return WatchLamps(account_id=ACCOUNT_ID, targets=numbers[:MOST_LAMPS])


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


def audio_order(audio: Audio) -> ConfigureAudio:
    """The sound's command, as the settings want it."""
    return ConfigureAudio(
        microphone=audio.microphone,
        speaker=audio.speaker,
        ring=audio.ring,
        mic_gain=audio.mic_volume / 100,
        speaker_gain=audio.speaker_volume / 100,
        ring_gain=audio.ring_volume / 100,
        echo_cancel=audio.echo_cancel,
        noise_suppression=audio.noise_suppression,
        codecs=audio.codecs,
    )
