"""Ways to prove a second factor: which a subject has, and what asks for one (6.1, 7.1, 7.2).

A second factor is an authenticator app or a passkey; recovery codes stand in for either. Whoever
has one is never let in, and never steps up, by a password or a code alone.
"""

from typing import Final

from troth.model.errors import FactorMissing
from troth.model.secret import Secret
from troth.model.standing import Standing

TOTP: Final = "account.totp"
PASSKEYS: Final = "account.passkeys"
RECOVERY: Final = "account.recovery_codes"
FACTORS: Final = (PASSKEYS, TOTP)
"""The fields of which each is a second factor, first choice first."""
NAMES: Final = {PASSKEYS: "passkey", TOTP: "totp", RECOVERY: "recovery"}
"""What each way is called where one is asked for."""


def ways(standing: Standing) -> tuple[str, ...]:
    """Return by what a subject can prove a second factor; empty for one who has none.

    >>> from troth.model.clock import Moment
    >>> from troth.model.standing import Held
    >>> held = Held(Moment(0), ("authenticate",), "provided")
    >>> ways(Standing(pseudonym="w", held={TOTP: held, RECOVERY: held}))
    ('totp', 'recovery')
    """
    if not any(field in standing.held for field in FACTORS):
        return ()
    return tuple(name for field, name in NAMES.items() if field in standing.held)


def factor_missing(standing: Standing, *, ticket: Secret | None = None) -> FactorMissing:
    """Return the refusal that asks a subject for a second factor."""
    return FactorMissing(
        clause="7.2",
        remedy="prove it by a passkey, an authenticator app or a recovery code",
        ways=ways(standing),
        ticket=ticket,
    )


def demand_no_factor(standing: Standing) -> None:
    """Raise ``FactorMissing`` where a password or a code alone is not enough."""
    if ways(standing):
        raise factor_missing(standing)
