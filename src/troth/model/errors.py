"""Every refusal by name: one family, one code and one HTTP status each.

A message is lower case, without a full stop, input in backticks. ``clause`` says why, ``remedy``
says what to do. A docstring's first line is the default message.
"""

from typing import ClassVar

from troth.model.secret import Secret


class TrothError(Exception):
    """something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str = "", *, clause: str = "", remedy: str = "", field: str = ""
    ) -> None:
        self.message = message or (self.__doc__ or self.code).partition("\n")[0].rstrip(".")
        self.clause = clause
        self.remedy = remedy
        self.field = field
        super().__init__(self.message)

    def __str__(self) -> str:
        told = self.message
        if self.clause and "§" not in told:
            told += f" (§{self.clause})"
        if self.remedy:
            told += f": {self.remedy}"
        return told


# --- what the policy forbids -------------------------------------------------------------------


class Refused(TrothError):
    """the policy does not allow this.

    Carries the decision that refused (``decision``: a ``policy.decide.Decision``).
    """

    code = "refused"
    status = 403

    def __init__(
        self, message: str = "", *, decision: object = None, clause: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, clause=clause, remedy=remedy)
        self.decision = decision


class ConsentMissing(Refused):
    """the person has to be asked first."""

    code = "consent_missing"
    status = 403


class NotOfAge(Refused):
    """people under the age this service admits cannot register."""

    code = "not_of_age"
    status = 403


class TooSoon(Refused):
    """the person may not be asked again yet."""

    code = "too_soon"
    status = 409


class WrongRegion(TrothError):
    """this subject's data may not be written to that region."""

    code = "wrong_region"
    status = 409


# --- what is not there -------------------------------------------------------------------------


class NotFound(TrothError):
    """nothing is held under that name."""

    code = "not_found"
    status = 404


class Erased(TrothError):
    """this subject was erased; nothing can be done on their data."""

    code = "erased"
    status = 410


# --- what was entered wrongly ------------------------------------------------------------------


class BadInput(TrothError):
    """the input is not well formed."""

    code = "bad_input"
    status = 422


class UnknownTerm(BadInput):
    """the policy in force declares no such word."""

    code = "unknown_term"
    status = 422


class BadValue(BadInput):
    """the value is not of the form this field takes.

    ``field`` names the field; the value itself is never repeated.
    """

    code = "bad_value"
    status = 422


class BadFile(BadInput):
    """this file cannot be taken.

    ``reason`` is a short code (``pdf``, ``heavy``, ``damaged``), ``field`` what it was given for.
    """

    code = "bad_file"
    status = 422

    def __init__(
        self,
        message: str = "",
        *,
        reason: str = "",
        clause: str = "",
        remedy: str = "",
        field: str = "",
    ) -> None:
        super().__init__(message, clause=clause, remedy=remedy, field=field)
        self.reason = reason or self.code


class WeakPassword(BadInput):
    """this password is too easy to guess."""

    code = "weak_password"
    status = 422


class Taken(TrothError):
    """this value already belongs to a subject."""

    code = "taken"
    status = 409


class KeyReused(TrothError):
    """this idempotency key was used for a different act."""

    code = "key_reused"
    status = 422


class Malformed(TrothError):
    """the body is not JSON, or is nested too deep."""

    code = "malformed"
    status = 400


class TooLarge(TrothError):
    """the body is larger than this service takes."""

    code = "too_large"
    status = 413


class WrongMedia(TrothError):
    """the body is not of the media type that this address takes."""

    code = "wrong_media"
    status = 415


# --- who is asking -----------------------------------------------------------------------------


class NotProved(TrothError):
    """this was not proved: the code, password or session is wrong, used or late."""

    code = "not_proved"
    status = 401


class FactorMissing(NotProved):
    """a second factor is asked for.

    ``ways`` are those the subject has: ``passkey``, ``totp``, ``recovery``. ``ticket`` goes on with
    a sign-in whose first factor was right: for ten minutes, once; without one, nothing was begun.
    """

    code = "factor_missing"
    status = 401

    def __init__(
        self,
        message: str = "",
        *,
        ways: tuple[str, ...] = (),
        ticket: Secret | None = None,
        clause: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message, clause=clause, remedy=remedy, field="factor")
        self.ways = ways
        self.ticket = ticket or Secret("")


class TooMany(TrothError):
    """too many tries; wait and try again."""

    code = "too_many"
    status = 429


# --- what is broken ----------------------------------------------------------------------------


class Misconfigured(TrothError):
    """a setting is wrong."""

    code = "misconfigured"
    status = 500


class WrongRootKey(Misconfigured):
    """the root key does not open this instance; nothing was changed."""

    code = "wrong_root_key"


class DatabaseTooNew(Misconfigured):
    """this database was written by a newer version of troth; nothing was changed."""

    code = "database_too_new"


class Sealed(TrothError):
    """a value could not be opened: it was altered, moved, or its key is gone."""

    code = "sealed"
    status = 500


class StoreFull(TrothError):
    """the disk is full; only erasure, withdrawal and breach notices still work."""

    code = "store_full"
    status = 507


class StoreBusy(TrothError):
    """the store is busy; try again."""

    code = "store_busy"
    status = 503


class PolicyBroken(TrothError):
    """the policy does not compile."""

    code = "policy_broken"
    status = 422


class LedgerBroken(TrothError):
    """the ledger does not verify.

    ``field`` names the first entry that is wrong.
    """

    code = "ledger_broken"
    status = 500


class NotDelivered(TrothError):
    """a channel could not deliver.

    ``permanent`` says that the same channel will not deliver later either; ``reason`` is a short
    code that may be remembered (``smtp_unreachable``): never an address, never what a server said.
    """

    code = "not_delivered"
    status = 502

    def __init__(
        self,
        message: str = "",
        *,
        permanent: bool = False,
        reason: str = "",
        clause: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message, clause=clause, remedy=remedy)
        self.permanent = permanent
        self.reason = reason or self.code


class Unreachable(TrothError):
    """another system of the controller's did not answer."""

    code = "unreachable"
    status = 502


class Unverifiable(TrothError):
    """a proof does not hold."""

    code = "unverifiable"
    status = 422
