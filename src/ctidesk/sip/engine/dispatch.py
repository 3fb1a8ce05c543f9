"""Each command of the desk, checked and carried out; what can't be is refused in clear words.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Set
from typing import Any

import pjsua2 as pj

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.baton import HEADER, header_value
from ctidesk.calls.call import CONNECTED, Call, Phase, RemoteParty
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.account_line import AccountLine
from ctidesk.sip.engine.account_settings import uses_ipv6
from ctidesk.sip.engine.accounts import Accounts
from ctidesk.sip.engine.addresses import bracketed
from ctidesk.sip.engine.audience import talking
from ctidesk.sip.engine.codes import Codes
from ctidesk.sip.engine.consults import Consults
from ctidesk.sip.engine.dialling import Target, target_of
from ctidesk.sip.engine.lamps import Lamps
from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.names import resolve
from ctidesk.sip.engine.recording_pause import LONGEST_S
from ctidesk.sip.engine.sounding import Sounding
from ctidesk.sip.engine.switchboard import MAX_DIGITS, Switchboard
from ctidesk.sip.engine.transfers import Transfers

log = logging.getLogger("ctidesk.engine")

_CALL_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_DIGITS = re.compile(r"[0-9*#A-Da-d]+")
_TAG = re.compile(r"[A-Za-z0-9.!%*_+`'~\-]{1,256}")
_SIP_CALL_ID = re.compile(r"[^\s;,<>\"]{1,256}")


class Dispatch:
    """`carry_out` returns when the command is accepted; its effects come as events."""

    def __init__(
        self, board: Switchboard, accounts: Accounts, lamps: Lamps, codes: Codes, sound: Sounding
    ) -> None:
        self._board = board
        self._accounts = accounts
        self._changed: dict[str, cmd.ConfigureAccount] = {}
        self._lamps = lamps
        self._codes = codes
        self._consults = Consults(board)
        self._transfers = Transfers(board)
        self._orders: Mapping[type[Any], Callable[[Any], None]] = {
            cmd.ConfigureAccount: self._configure_account,
            cmd.RemoveAccount: self._remove_account,
            cmd.ConfigureRecording: board.recording.configure,
            cmd.WatchLamps: lamps.watch,
            cmd.DialCode: self._dial_code,
            cmd.ConfigureAudio: sound.desk.configure,
            cmd.TrySound: lambda order: sound.test.run(order.what),
            cmd.Dial: self._dial,
            cmd.Answer: self._answer,
            cmd.Decline: self._decline,
            cmd.HangUp: self._hang_up,
            cmd.Hold: self._hold,
            cmd.Resume: self._resume,
            cmd.SetMute: self._set_mute,
            cmd.SendDtmf: self._send_dtmf,
            cmd.TransferBlind: self._transfer_blind,
            cmd.StartConsult: self._start_consult,
            cmd.SwapConsult: lambda order: self._consults.swap(order.call_id),
            cmd.CompleteTransfer: self._complete_transfer,
            cmd.CancelConsult: lambda order: self._consults.cancel(order.call_id),
            cmd.MergeConference: lambda order: self._consults.merge(order.call_id),
            cmd.SplitConference: lambda order: self._consults.split(order.call_id),
            cmd.PauseRecording: self._pause_recording,
            cmd.ResumeRecording: self._resume_recording,
            cmd.Reclaim: self._reclaim,
        }

    def carry_out(self, command: cmd.Command) -> None:
        """Raises `KnownError` when it can't be done."""
        try:
            self._orders[type(command)](command)
        except pj.Error as fault:
            raise KnownError(
                "engine_refused",
                f"The telephone engine could not do this (error {int(fault.status)}).",
                "Try again; restart the program if it stays.",
            ) from None

    # -- accounts ---------------------------------------------------------------------------------
    def _configure_account(self, order: cmd.ConfigureAccount) -> None:
        busy = self._busy(order.account_id)
        if not busy and not any(line.config == order for line in self._accounts.lines()):
            self._lamps.release()
        self._changed.pop(order.account_id, None)
        try:
            self._accounts.configure(order, busy)
        except KnownError as refusal:
            if refusal.code == "account_in_use":
                self._changed[order.account_id] = order
            raise

    def settle(self) -> None:
        """Accounts that were changed during a call, once it is over; ask now and then."""
        for account_id, order in list(self._changed.items()):
            if not self._busy(account_id):
                try:
                    self._configure_account(order)
                except KnownError as refusal:
                    log.warning("a changed account was refused: %s", refusal.code)

    def _busy(self, account_id: str) -> bool:
        return self._board.busy(account_id) or self._codes.busy(account_id)

    def _remove_account(self, order: cmd.RemoveAccount) -> None:
        if self._busy(order.account_id):
            raise KnownError(
                "account_kept",
                "The account can't be removed during a call.",
                "End the call first.",
            )
        self._lamps.release()
        self._changed.pop(order.account_id, None)
        self._accounts.remove(order.account_id)
        self._board.journal.forget_registration(order.account_id)

    def _dial_code(self, order: cmd.DialCode) -> None:
        line = self._ready_line(order.account_id)
        if not self._board.room():
            raise too_many_calls()
        self._codes.dial(order, line)

    # -- one call ---------------------------------------------------------------------------------
    def _dial(self, order: cmd.Dial) -> None:
        line = self._ready_line(order.account_id)
        self._check_new(order.call_id)
        self._board.recording.check()
        target = target_of(order.target, line.config)
        leg = Leg(order.call_id, line, self._board)

        def dial() -> None:
            self._resolve_and_dial(leg, target)

        self._hold_others(None, dial)

    def _answer(self, order: cmd.Answer) -> None:
        leg, _call = self._leg(order.call_id, {Phase.OFFERED})
        self._board.recording.check()

        def answer() -> None:
            call = self._board.call(leg)
            if leg.native is not None and call is not None and call.phase is Phase.OFFERED:
                leg.native.respond(200)
                self._board.emit(ev.CallAnswerSent, leg)

        self._hold_others(leg, answer)

    def _decline(self, order: cmd.Decline) -> None:
        leg, _call = self._leg(order.call_id, {Phase.OFFERED})
        self._board.hang_up(leg, order.code if order.code in (480, 486, 603) else 486)

    def _hang_up(self, order: cmd.HangUp) -> None:
        leg, call = self._leg(order.call_id)
        if not leg.ending_here:
            self._board.hang_up(leg, 486 if call.phase is Phase.OFFERED else 0)

    def _hold(self, order: cmd.Hold) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        self._transfers.check_free(leg)
        self._consults.part(leg)
        self._board.holding.hold(leg)

    def _resume(self, order: cmd.Resume) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        self._transfers.check_free(leg)
        self._hold_others(leg, lambda: self._board.holding.resume(leg))

    def _set_mute(self, order: cmd.SetMute) -> None:
        leg, call = self._leg(order.call_id, CONNECTED)
        if call.muted != order.muted:
            self._board.emit(ev.MuteChanged, leg, muted=order.muted)

    def _send_dtmf(self, order: cmd.SendDtmf) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        known = order.method in ("rfc4733", "info")
        if not known or len(order.digits) > MAX_DIGITS or not _DIGITS.fullmatch(order.digits):
            raise KnownError(
                "bad_digits",
                "Only the keys 0 to 9, *, # and A to D can be sent.",
                "Correct the digits.",
            )
        if leg.native is not None:
            # an INFO carries one signal each (draft-kaplan-dispatch-info-dtmf)
            info = order.method == "info"
            for part in order.digits if info else [order.digits]:
                leg.native.send_digits(part, info)
            self._board.emit(ev.DtmfSent, leg, count=len(order.digits), method=order.method)

    def _pause_recording(self, order: cmd.PauseRecording) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        self._board.recording.pauses.begin(leg, order.limit_s)

    def _resume_recording(self, order: cmd.ResumeRecording) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        self._board.recording.pauses.end(leg, "agent")

    # -- transfers and consultations --------------------------------------------------------------
    def _transfer_blind(self, order: cmd.TransferBlind) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        target = target_of(order.target, leg.account.config)
        self._transfers.check_free(leg)
        self._consults.part(leg)
        self._transfers.blind(leg, target, order.timeout_s, order.baton)

    def _start_consult(self, order: cmd.StartConsult) -> None:
        leg, _call = self._leg(order.call_id, CONNECTED)
        self._transfers.check_free(leg)
        self._check_new(order.consult_id)
        target = target_of(order.target, leg.account.config)
        consult = Leg(order.consult_id, leg.account, self._board)
        consult.recorded, consult.target = False, target

        def dial() -> None:
            self._resolve_and_dial(consult, target, leg.call_id, order.baton)

        self._consults.start(leg, order, dial)

    def _complete_transfer(self, order: cmd.CompleteTransfer) -> None:
        caller, consult = self._consults.pair(order.call_id)
        call = self._board.call(consult)
        self._transfers.check_free(caller)
        if call is None or not call.connected:
            self._transfers.instead_of(consult, caller, order.timeout_s)
            return
        self._consults.part(caller)
        remote = call.remote
        self._transfers.attended(caller, consult, remote.number or remote.host, order.timeout_s)

    def _reclaim(self, order: cmd.Reclaim) -> None:
        line = self._accounts.line(order.account_id)
        self._check_new(order.call_id)
        dialog = order.dialog
        target = re.search(r"sips?:[^<>\s\"]+", dialog.remote_contact)
        tags = (dialog.local_tag, dialog.remote_tag)
        known = _SIP_CALL_ID.fullmatch(dialog.sip_call_id) and all(map(_TAG.fullmatch, tags))
        if target is None or not known or line.native is None:
            raise KnownError(
                "not_reclaimable",
                "The call can't be brought back.",
                "Dial the number again.",
            )
        leg = Leg(order.call_id, line, self._board)
        leg.reclaiming = True
        leg.recording_paused_s = min(max(0.0, order.recording_paused_s), LONGEST_S)
        # RFC 3891 3: tags as the peer sees them, its own is the to-tag
        replaces = f"{dialog.sip_call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
        headers = {"Replaces": replaces, "Require": "replaces"}
        scheme, _, rest = target.group(0).partition(":")
        # Asterisk looks the user up before it sees the Replaces, and its own contact has none, or
        # ("asterisk") one that is no extension: our own is always one
        own = f"{scheme}:{line.config.user}@{rest.rpartition('@')[2]}"
        uri = target.group(0) if "@" in rest else own
        if uri != own and line.config.registrar:
            leg.second_way = lambda: self._board.invite(leg, own, headers)
        self._board.dial(leg, uri, RemoteParty(number=""), headers=headers)

    # -- checks -----------------------------------------------------------------------------------
    def _leg(self, call_id: str, phases: Set[Phase] | None = None) -> tuple[Leg, Call]:
        leg = self._board.legs.get(call_id)
        call = self._board.call(leg) if leg is not None else None
        if leg is None or call is None:
            raise KnownError(
                "unknown_call",
                "This call has already ended.",
                "Nothing to do; its result is in the list of calls.",
            )
        if phases is not None and call.phase not in phases:
            raise KnownError(
                "wrong_phase",
                f"This is not possible while the call is {call.phase}.",
                "Wait until the call has reached the right state.",
            )
        return leg, call

    def _check_new(self, call_id: str) -> None:
        if not _CALL_ID.fullmatch(call_id) or self._board.journal.call(call_id) is not None:
            raise KnownError(
                "bad_call_id",
                "The new call can't get this identifier.",
                "Try again; restart the program if it stays.",
            )
        if not self._board.room():
            raise too_many_calls()

    def _ready_line(self, account_id: str) -> AccountLine:
        line = self._accounts.line(account_id)
        told = self._board.journal.registration(account_id)
        if line.state in (Registration.FAILED, Registration.REFUSED) or line.native is None:
            raise KnownError(
                "not_registered",
                told.text if told is not None and told.text else "The telephone is not registered.",
                told.remedy if told is not None else "Wait until it is registered.",
            )
        return line

    # -- steps shared by the above ----------------------------------------------------------------
    def _hold_others(self, leg: Leg | None, then: Callable[[], None]) -> None:
        """Everybody but `leg` (and its conference) is parted and held, then `then()`."""
        others = talking(self._board, but=leg)
        for other in others:
            self._consults.part(other)
        self._board.holding.hold_all(others, then)

    def _resolve_and_dial(
        self, leg: Leg, target: Target, consult_of: str = "", baton: str = ""
    ) -> None:
        value = header_value(baton)
        headers = {HEADER: value} if value else None
        if not target.lookup:
            self._board.dial(leg, target.uri, target.remote, consult_of, headers)
            return

        def resolved(address: str) -> None:
            uri = target.uri.replace(target.lookup, bracketed(address), 1) if address else ""
            self._board.dial(leg, uri, target.remote, consult_of, headers)

        ipv6 = uses_ipv6(leg.account.config)
        resolve(self._board.endpoint, target.lookup, ipv6, resolved)


def too_many_calls() -> KnownError:
    return KnownError(
        "too_many_calls",
        "No further call is possible: all lines are in use.",
        "End another call first.",
    )
