"""What the gate works with: the rooms of one region, and what comes out of a passage."""

from collections.abc import Mapping

from msgspec import Struct

from troth.egress.courier import Courier
from troth.egress.errands import Errands
from troth.egress.recipients import RecipientPort, Reply
from troth.egress.webhooks.outbox import Webhooks
from troth.ledger.fold import Standings
from troth.ledger.log import Log
from troth.model.acts.answers import Answer
from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.policy.decide import Decision
from troth.store.sql import Store
from troth.vault.cells import Vault
from troth.vault.deposits import Deposits
from troth.vault.logs import Logs


class Rooms(Struct, frozen=True, kw_only=True):
    """The rooms of one region: its store, vault, ledger and outbox, and nothing of another's.

    ``again_key`` keys the digests by which acts are recognised under an idempotency key.
    ``besides`` are the statements that take away what tables of other rooms hold under a subject's
    id; they run in the transaction of the erasure. ``ending`` notes when a consent ends (its
    subject, its key, that moment), in the transaction that gives it. ``shut`` are those that end a
    subject's access; they run with whatever closes the account or freezes all of it. ``asked``
    count, by the name of a store, what an erasure finds elsewhere (paper); each takes the id.
    """

    region: Region
    store: Store
    vault: Vault
    log: Log
    standings: Standings
    courier: Courier
    errands: Errands
    deposits: Deposits
    logs: Logs
    webhooks: Webhooks
    again_key: bytes
    recipients: Mapping[str, RecipientPort] = {}
    besides: tuple[str, ...] = ()
    ending: str = ""
    shut: tuple[str, ...] = ()
    asked: Mapping[str, str] = {}


class Certificate(Struct, frozen=True, kw_only=True):
    """What every store answered when it was asked again after an erasure.

    ``stores`` maps a store's name to the number of values it still holds that should have gone
    (-1: did not answer); ``answers`` says of each what remains where, and what a law holds until
    when. ``complete`` is true only when nothing is left that should have gone. ``irreversible_by``
    is the moment by which the key that sealed the data is destroyed with every copy (decision 8).
    ``recipients`` have to hear of it, by the numbers of the duties to tell them.
    """

    who: str
    fields: tuple[str, ...]
    effective: Moment
    irreversible_by: Moment
    stores: dict[str, int]
    complete: bool
    entries: tuple[str, ...]
    answers: tuple[Answer, ...] = ()
    recipients: Mapping[str, str] = {}


class Outcome(Struct, frozen=True, kw_only=True):
    """What was done.

    ``values`` holds what Use, Show and Export released; ``replies`` what recipients answered;
    ``found`` the subjects a Find found; ``replayed`` that it had been done before under the same
    idempotency key.
    """

    at: Moment
    entries: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    values: dict[str, Secret] = {}
    found: tuple[SubjectId, ...] = ()
    replies: dict[str, Reply] = {}
    certificate: Certificate | None = None
    replayed: bool = False
