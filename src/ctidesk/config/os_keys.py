"""The key store of the operating system, and which of keyring's backends deserve the name.

Runs in: desk process, never on Qt main: the key store may ask the user first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ctidesk.calls.errors import KnownError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "ctidesk"

REAL_BACKENDS = frozenset(
    {
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }
)
"""Backends that keep secrets in the system's own store. All others, such as `null`, `fail` and
the plain-text file of keyrings.alt, would make the encryption a pretence."""


class SecretStore(Protocol):
    """Keeps small secrets by name. Both methods raise `KnownError`."""

    def read(self, name: str) -> str | None: ...

    def write(self, name: str, secret: str) -> None: ...


class OsKeyStore:
    """The `SecretStore` of the operating system. Raises `KnownError` no_key_store when there is
    none, key_store_locked when it stays locked."""

    def __init__(self) -> None:
        self._backend = _real_backend()

    def read(self, name: str) -> str | None:
        from keyring.errors import KeyringError

        try:
            return self._backend.get_password(SERVICE, name)
        except KeyringError:
            raise _locked() from None

    def write(self, name: str, secret: str) -> None:
        from keyring.errors import KeyringError

        try:
            self._backend.set_password(SERVICE, name, secret)
        except KeyringError:
            raise _locked() from None


def no_key_store() -> KnownError:
    return KnownError(
        "no_key_store",
        "This computer has no key store that could keep the key of the member cache.",
        "Choose a passphrase, or start with --profile DIR and the choice to keep the key in that "
        "folder (whoever copies the folder can then read it).",
    )


def _real_backend() -> KeyringBackend:
    # imported only here: keyring and the D-Bus client behind it take 100 ms
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    for backend in backends:
        if type(backend).__module__ in REAL_BACKENDS:
            return backend
    raise no_key_store()


def _locked() -> KnownError:
    return KnownError(
        "key_store_locked",
        "The key store of this computer is locked, so the member cache stays closed.",
        "Unlock it (sign in again, or open your password program), then try again. "
        "Calls work meanwhile.",
    )
