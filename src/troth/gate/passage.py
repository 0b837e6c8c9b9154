"""One passage through the gate: judge, do, remember, act by act, in one transaction.

Each act is judged on the standing that the acts before it left, so a registration can give consent
and be used under it in the same breath. Nothing leaves the house here: keys are destroyed, values
released and recipients told only after the commit (``after``).
"""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from troth.egress.errands import letter
from troth.gate import again, owing
from troth.gate.judge import address_of, judge, spelled, stranger, touched
from troth.gate.ordering import Orders
from troth.gate.rooms import Outcome, Rooms
from troth.gate.terms import add_line, count
from troth.gate.views import next_due
from troth.ledger import entry as entries
from troth.ledger import fold
from troth.ledger.entry import Entry
from troth.model.acts import (
    Act,
    Actor,
    Admit,
    Close,
    Collect,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Correct,
    Erase,
    Export,
    Find,
    Give,
    Notify,
    Object,
    Observe,
    Release,
    Restrict,
    Show,
    Use,
)
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused, Taken
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, SubjectId
from troth.policy.decide import Decision, Policy
from troth.store.sql import Rows, Tx
from troth.vault.cells import Doomed, Handle
from troth.vault.forms import Form, masked

REQUEST: Final = "request"
"""The ground of a restriction that the subject asked for."""
DATED: Final = ("life", "held", "holds", "restrictions", "owed", "marks")
"""What of a standing says when the sweep has to look at it next."""
WAS_HERE: Final = "SELECT 1 FROM gone WHERE subject_id = ?"
IS_GONE: Final = "INSERT INTO gone (subject_id) VALUES (?) ON CONFLICT DO NOTHING"

Decisions = tuple[Decision, ...]
Run = Callable[[str, Sequence[object]], Rows]


class Present:
    """One subject while a passage lasts: the way to their cells, and their standing so far.

    ``blank``: their file was opened in this passage, and nothing was kept in it yet.
    """

    __slots__ = ("blank", "handle", "loaded", "standing", "subject")

    def __init__(
        self, subject: SubjectId | None, handle: Handle | None, standing: Standing
    ) -> None:
        self.subject = subject
        self.handle = handle
        self.loaded = standing
        self.standing = standing
        self.blank = False


class Handed(NamedTuple):
    """Values for a recipient: the act, the values, its entry's place, the consent's own entry."""

    act: Give
    values: dict[str, Secret]
    place: int
    authorisation: str


class Passage:
    """What happens between BEGIN and COMMIT."""

    def __init__(
        self,
        tx: Tx,
        rooms: Rooms,
        policy: Policy,
        forms: dict[str, Form],
        by: Actor,
        at: Moment,
    ) -> None:
        self._tx = tx
        self._rooms = rooms
        self._policy = policy
        self._forms = forms
        self._by = by
        self._at = at
        self._present: dict[str, Present] = {}
        self.entries: list[Entry] = []
        self.decisions: list[Decision] = []
        self.values: dict[str, Secret] = {}
        self.queued: list[str] = []
        self.farewells: Counter[str] = Counter()
        self.handed: list[Handed] = []
        self.doomed: list[Doomed] = []
        self.orders = Orders(tx, rooms, forms, at)

    def run(self, acts: tuple[Act, ...]) -> None:
        """Judge, do and remember every act in order; raises at the first that may not be."""
        for asked in acts:
            present = self._whose(asked)
            act = spelled(asked, present.standing, self._policy, self._at)
            decisions = judge(act, self._by, present.standing, self._policy, self._at)
            self.decisions.extend(decisions)
            act = self.orders.lawful(act, present.standing, self._policy)
            do = self._DO.get(type(act))
            if do is not None:
                do(self, act, present, decisions)
            self._remember(act, present, decisions)
        known = [present for present in self._present.values() if present.standing.pseudonym]
        for present in known:
            self._rooms.standings.save(self._tx, present.standing, was=present.loaded)
            owing.note(self._tx, present.subject, present.loaded, present.standing)
            self._mark_due(present)
        numbered = self._rooms.log.record(
            self._tx, self.entries, onto=[present.loaded for present in known]
        )
        self.entries = list(numbered)

    def _mark_due(self, present: Present) -> None:
        """Tell the sweep when to look at a subject, where that changed."""
        now, was = present.standing, present.loaded
        if present.handle is None or now.life == "erased":
            return
        if all(getattr(now, name) is getattr(was, name) for name in DATED):
            return
        ends = next_due(now, self._policy, self._at)
        if ends != next_due(was, self._policy, self._at):
            self._rooms.vault.set_due(self._tx, present.handle, ends)

    def outcome(self) -> Outcome:
        """Say what was done, without a value."""
        return Outcome(
            at=self._at,
            entries=tuple(entry.id for entry in self.entries),
            decisions=tuple(self.decisions),
        )

    def release_again(self, acts: tuple[Act, ...]) -> None:
        """Open once more what acts released that were done before, if they still may be.

        The record stands already; the answer is of now, not of then.
        """
        for act in acts:
            if isinstance(act, Use | Show | Export):
                present = self._whose(act)
                decisions = judge(act, self._by, present.standing, self._policy, self._at)
                self._DO[type(act)](self, act, present, decisions)

    def _whose(self, act: Act) -> Present:
        key = act.subject or ""
        present = self._present.get(key)
        if present is None:
            present = self._present[key] = self._enter(act)
        if present.handle is None and act.subject is not None and _needs_file(act):
            raise self._absent(act.subject)
        return present

    def _enter(self, act: Act) -> Present:
        if act.subject is None or isinstance(act, Admit):
            # Whether somebody who is admitted has a file already, the vault tells when it opens it.
            return Present(act.subject, None, self._stranger(act.subject))
        try:
            handle = self._rooms.vault.handle(act.subject, self._tx)
        except NotFound:
            return Present(act.subject, None, self._stranger(act.subject))
        return Present(act.subject, handle, self._rooms.standings.load(self._tx, handle.who))

    def _stranger(self, subject: SubjectId | None) -> Standing:
        """Somebody of whom nothing is kept yet: judged by the law of the region they come to."""
        region = subject.region if subject is not None else self._rooms.region
        return stranger(region, self._policy)

    def _absent(self, subject: SubjectId) -> Exception:
        return absent(subject, self._tx.run)

    def _remember(self, act: Act, present: Present, decisions: tuple[Decision, ...]) -> None:
        entry = entries.of(
            act,
            who=present.standing.pseudonym,
            at=self._at,
            by=self._by,
            edition=self._policy.hash[:16],
            clauses=tuple(dict.fromkeys(c for d in decisions for c in d.clauses)),
        )
        self._rooms.webhooks.queue(self._tx, act, present.standing, self._at)
        if present.standing.pseudonym:
            present.standing = fold.after(present.standing, entry)
        self.entries.append(entry)

    # --- what is done, act by act --------------------------------------------------------------

    def _admit(self, _act: Admit, present: Present, _: Decisions) -> None:
        if present.handle is not None or present.subject is None:
            raise BadInput("this subject was admitted before")
        if self._tx.run(WAS_HERE, (present.subject,)):
            raise Erased(clause="6.4", remedy="register again: a new id is drawn")
        who = secrets.token_hex(16)
        try:
            present.handle = self._rooms.vault.admit(self._tx, present.subject, who)
        except Taken:
            raise BadInput("this subject was admitted before") from None
        present.standing = present.loaded = Standing(pseudonym=who)
        present.blank = True

    def _keep(self, act: Collect | Correct, present: Present, _: Decisions) -> None:
        if isinstance(act, Correct):
            missing = sorted(act.values.keys() - present.standing.held.keys())
            if missing:
                raise BadInput(
                    f"`{missing[0]}` is not held, so there is nothing to correct",
                    clause="9.2",
                    remedy="collect it for a purpose",
                )
        handle = _file(present)
        known = self.orders.changing(act, handle, present.standing)
        self._rooms.vault.keep(self._tx, handle, act.values, self._forms, new=present.blank)
        self.orders.change(act, handle, present.standing, known)
        add_line(self._tx, self._rooms.logs, act, present.standing, self._at)
        present.blank = False

    def _open(self, act: Use | Export, present: Present, _: Decisions) -> None:
        fields = touched(act, present.standing)
        self.values.update(self._rooms.vault.open(_file(present), fields, self._tx))

    def _show(self, act: Show, present: Present, decisions: Decisions) -> None:
        fields = touched(act, present.standing)
        opened = self._rooms.vault.open(_file(present), fields, self._tx)
        if any(decision.masked for decision in decisions):
            opened = {name: masked(value, self._forms[name]) for name, value in opened.items()}
        self.values.update(opened)

    def _hand(self, act: Give, present: Present, _: Decisions) -> None:
        if act.recipient in self._rooms.recipients:
            fields = touched(act, present.standing)
            opened = self._rooms.vault.open(_file(present), fields, self._tx)
            key = f"{act.operation}/{act.recipient}/{act.purpose}"
            standing = present.standing
            given = standing.consents[key].entry if standing.consents_to(key, self._at) else ""
            # The entry of an act is made right after it is done: this one's will be the next.
            self.handed.append(Handed(act, opened, len(self.entries), given))

    def _post(self, act: Notify, present: Present, _: Decisions) -> None:
        addresses = list(self._addresses(act, present).items())
        if not addresses:
            raise Refused(
                f"no address is held for `{'`, `'.join(act.channels)}`",
                clause="7.4",
                remedy="name another channel, or announce it publicly",
            )
        if act.upon:
            self.orders.letters[act.subject or ""] = letter(act, addresses)
            return
        parcel = self._rooms.courier.queue(
            self._tx,
            subject=act.subject,
            who=present.standing.pseudonym,
            notice=act.notice,
            addresses=addresses,
            title=act.title,
            text=act.text,
            language=act.language,
            at=self._at,
            purpose=act.purpose,
            until=act.until,
        )
        self.queued.append(parcel)
        self.farewells[act.subject or ""] += 1

    def _addresses(self, act: Notify, present: Present) -> dict[str, Secret]:
        if act.to is not None:
            return {channel: act.to[channel] for channel in act.channels if channel in act.to}
        opened = self._rooms.vault.open(_file(present), touched(act, present.standing), self._tx)
        fields = {channel: address_of(channel, present.standing) for channel in act.channels}
        return {channel: opened[field] for channel, field in fields.items() if field in opened}

    def _given(self, act: ConsentGiven, _present: Present, _: Decisions) -> None:
        """Note when a consent ends, so that its subject is asked in time."""
        if act.expires is not None and self._rooms.ending:
            self._tx.run(self._rooms.ending, (act.subject, act.to, act.expires))

    def _stop(
        self, act: ConsentRefused | ConsentWithdrawn | Object, present: Present, _: Decisions
    ) -> None:
        """Take back what waits in the outbox for what is not wanted any more (policy 9.3)."""
        purpose = act.purpose if isinstance(act, Object) else act.to.partition("/")[0]
        self._recall(_file(present), purpose=purpose)

    def _recall(self, handle: Handle, purpose: str | None = None) -> None:
        keys = self._rooms.courier.recall(
            self._tx, handle.subject, purpose=purpose, keep=self.queued
        )
        self.doomed.append(self._rooms.vault.doom(self._tx, keys))

    def _erase(self, act: Erase, present: Present, _: Decisions) -> None:
        handle = _file(present)
        gone = touched(act, present.standing)
        left = set(present.standing.held) - set(gone)
        everything = act.fields == ("*",) and not left
        for word in self.orders.tellings(act, present.standing, gone, self._policy, self.entries):
            self._remember(word, present, ())
        ending = self.orders.ending(act, handle, present.standing, self._policy)
        count(self._tx, self._rooms.vault, act, handle, gone, self._forms, self._at)
        self.doomed.append(
            self._rooms.vault.erase(self._tx, handle, ("*",) if everything else gone)
        )
        # A copy that waits for its subject holds what was erased.
        copies = self._rooms.deposits.recall(self._tx, handle.subject)
        copies += self._rooms.logs.end(self._tx, handle.subject, gone, left)
        self.doomed.append(self._rooms.vault.doom(self._tx, copies))
        if everything:
            self._recall(handle)
            words = self._rooms.webhooks.recall(self._tx, handle.subject)
            self.doomed.append(self._rooms.vault.doom(self._tx, words))
            self._tx.run(IS_GONE, (present.subject,))
            for forget in (again.FORGET, *self._rooms.besides):
                self._tx.run(forget, (present.subject,))
        else:
            present.handle = self._rooms.vault.handle(handle.subject, self._tx)
        self.orders.erase(ending, everything=everything, keep=self.queued)

    def _limit(self, act: Restrict | Release, present: Present, _: Decisions) -> None:
        """Set aside or free again, in other databases too (policy 9.4)."""
        self.orders.limit(act, _file(present), present.standing)
        if isinstance(act, Restrict):
            self._shut(act, present, _)

    def _shut(self, act: Close | Restrict, present: Present, _: Decisions) -> None:
        """Let nobody in any more, nor go on who is in: the account is closed, or all of it frozen.

        Who asked for the restriction themselves stays signed in, to lift it.
        """
        if isinstance(act, Close) or (act.fields == ALL and act.ground != REQUEST):
            for end in self._rooms.shut:
                self._tx.run(end, (present.subject,))

    def _search(self, _act: Find, _present: Present, _: Decisions) -> None:
        raise BadInput("a search is done alone", remedy="perform what was found apart from it")

    _DO: ClassVar[dict[type[Act], Callable[..., None]]] = {
        Admit: _admit,
        Collect: _keep,
        Observe: _keep,
        Correct: _keep,
        Use: _open,
        Export: _open,
        Show: _show,
        Notify: _post,
        Erase: _erase,
        Close: _shut,
        Release: _limit,
        Restrict: _limit,
        ConsentGiven: _given,
        ConsentRefused: _stop,
        ConsentWithdrawn: _stop,
        Object: _stop,
        Find: _search,
        **dict.fromkeys(Give.__subclasses__(), _hand),
    }


def absent(subject: SubjectId, run: Run) -> Exception:
    """Return the error for a subject without a file: erased, or never here."""
    if run(WAS_HERE, (subject,)):
        return Erased(clause="6.4", remedy="nothing is held of this subject any more")
    return NotFound("no subject has this id")


def _file(present: Present) -> Handle:
    if present.handle is None:
        raise NotFound("no subject has this id")
    return present.handle


def _needs_file(act: Act) -> bool:
    """Everything but opening a file and telling a stranger something needs a file to exist."""
    return not (isinstance(act, Admit) or (isinstance(act, Notify) and act.to is not None))
