"""Two editions side by side: what was promised, what is promised now, is it material (10.2a, c).

A change is *material* when it widens what may be done or takes a right away: a new category,
purpose, recipient or region, a longer retention, a permit that opens more, a forbid that yields. It
then waits until people were told. Changes that narrow are listed too; words that change are shown.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.terms import AgeBand, Operation, Regime
from troth.policy import words
from troth.policy.edition import LANGUAGES, Edition, Names, Rule, Words, region_of
from troth.policy.reason import DONE
from troth.policy.regimes import counted
from troth.policy.regimes.spans import in_days
from troth.policy.words import BASIS

What = Literal[
    "category", "purpose", "recipient", "retention", "region", "rule", "right", "staff", "age",
    "controller",
]  # fmt: skip


class Change(Struct, frozen=True, kw_only=True):
    """One thing that differs in meaning: what, its name, and how, in every language."""

    what: What
    name: str
    how: Words
    clauses: Names = ()


class TextChange(Struct, frozen=True, kw_only=True):
    """A clause whose words differ in a language; one side is empty if it is new or gone."""

    clause: str
    language: str
    old: str
    new: str


class Comparison(Struct, frozen=True, kw_only=True):
    """What an edition changes against an older one."""

    old: str
    new: str
    widened: tuple[Change, ...]
    narrowed: tuple[Change, ...]
    texts: tuple[TextChange, ...]

    @property
    def material(self) -> bool:
        """Whether people must be told before it takes effect (10.2a)."""
        return bool(self.widened)


def compare(old: Edition, new: Edition) -> Comparison:
    """Return everything that differs from one edition to a newer one."""
    notes = Notes()
    for look in LOOKS:
        look(old, new, notes)
    return Comparison(
        old=old.hash,
        new=new.hash,
        widened=tuple(notes.widened),
        narrowed=tuple(notes.narrowed),
        texts=tuple(_texts(old, new)),
    )


class Notes:
    """Changes as they are found."""

    def __init__(self) -> None:
        self.widened: list[Change] = []
        self.narrowed: list[Change] = []

    def note(
        self, wider: bool, what: What, name: str, en: str, zh: str, clauses: Names = ()
    ) -> None:
        """Note a change as widening or narrowing."""
        changes = self.widened if wider else self.narrowed
        if what != "rule" or all(one.name != name for one in changes):
            how = {"en": en, "zh": zh}
            changes.append(Change(what=what, name=name, how=how, clauses=clauses))


# --- what is declared --------------------------------------------------------------------------


def declared(old: Edition, new: Edition, notes: Notes) -> None:
    """Note new categories, purposes and recipients as wider, those that go as narrower."""
    tables: list[tuple[What, str, Mapping[str, object], Mapping[str, object]]] = [
        ("category", "类别", _open(old), _open(new)),
        ("purpose", "用途", old.purposes, new.purposes),
        ("recipient", "接收方", old.recipients, new.recipients),
        ("staff", "岗位", old.staff, new.staff),
    ]
    for what, called, before, after in tables:
        for name in (name for name in {**after, **before} if (name in after) != (name in before)):
            added = name in after
            part = after.get(name) or before.get(name)
            en = f"{what} “{getattr(part, 'en', name)}” is {'new' if added else 'gone'}"
            zh = f"{'新增' if added else '取消'}{called}“{getattr(part, 'zh', name)}”"
            notes.note(added, what, name, en, zh, getattr(part, "clause", ()))


def _open(edition: Edition) -> dict[str, object]:
    return {name: field for name, field in edition.categories.items() if not field.closed}


def flags(old: Edition, new: Edition, notes: Notes) -> None:
    """Note a field that is no longer sensitive, a purpose that loses its switch."""
    looks: tuple[tuple[What, str, str, str, str], ...] = (
        ("category", "categories", "sensitive", "sensitive", "敏感个人信息"),
        ("purpose", "purposes", "switch", "switched off at will", "可自行关闭"),
    )
    for what, table, flag, en, zh in looks:
        before, after = getattr(old, table), getattr(new, table)
        for name in (name for name in after if name in before):
            was, now = bool(getattr(before[name], flag)), bool(getattr(after[name], flag))
            if was != now:
                part = after[name]
                told = f"“{part.en}” is {'now' if now else 'no longer'} {en}"
                said = f"“{part.zh}”{'现' if now else '不再'}属于{zh}"
                notes.note(was, what, name, told, said, part.clause)


def recipients(old: Edition, new: Edition, notes: Notes) -> None:
    """Note a recipient that moves, decides for itself or needs no contract any more."""
    for name in (name for name in new.recipients if name in old.recipients):
        was, now = old.recipients[name], new.recipients[name]
        if region_of(was) != region_of(now) or was.country != now.country:
            en = f"recipient “{now.en}” moves from {was.country} to {now.country}"
            zh = f"接收方“{now.zh}”所在地由 {was.country} 变更为 {now.country}"
            notes.note(True, "region", name, en, zh, now.clause)
        bound = [(one.role == "processor") + one.contract for one in (was, now)]
        if bound[0] != bound[1]:
            wider = bound[1] < bound[0]
            en = f"recipient “{now.en}” is bound {'less' if wider else 'more'} than before"
            zh = f"接收方“{now.zh}”所受约束{'放宽' if wider else '收紧'}"
            notes.note(wider, "recipient", name, en, zh, now.clause)


def regions(old: Edition, new: Edition, notes: Notes) -> None:
    """Note a residence whose data moves, or that loses a regime."""
    for name in dict.fromkeys((*new.residences, *old.residences)):
        was, now = old.residence(name)[1], new.residence(name)[1]
        if was.region != now.region:
            en = f"data of residents of {name} moves from {was.region} to {now.region}"
            zh = f"居住在 {name} 的用户信息由 {was.region} 迁至 {now.region} 存储"
            notes.note(True, "region", name, en, zh, ("2.4a",))
        for regime in sorted({*was.regimes} ^ {*now.regimes}):
            lost = regime in was.regimes
            en = f"residents of {name} {'lose' if lost else 'gain'} the protection of `{regime}`"
            zh = f"居住在 {name} 的用户{'不再' if lost else '开始'}适用 {regime} 规定"
            notes.note(lost, "region", name, en, zh, ("9.0",))


def retention(old: Edition, new: Edition, notes: Notes) -> None:
    """Note data that is kept longer, or from another event on."""
    before, after = _terms(old), _terms(new)
    for field in (one for one in new.categories if one in before and one in after):
        (was, was_from), (now, now_from) = before[field], after[field]
        if was == now and was_from == now_from:
            continue
        wider = in_days(now) > in_days(was) or was_from != now_from
        name = new.categories[field]
        en = f"“{name.en}” is kept {now} from {now_from}, before {was} from {was_from}"
        zh = f"“{name.zh}”的保存期限由 {was_from} 起 {was} 变更为 {now_from} 起 {now}"
        notes.note(wider, "retention", field, en, zh, ("7.2d",))


def _terms(edition: Edition) -> dict[str, tuple[str, str]]:
    """Return (term, event) of each field, the longest where several rows cover it."""
    found: dict[str, tuple[str, str]] = {}
    for row in edition.retention:
        for field in edition.fields(row.categories):
            known = found.get(field)
            if known is None or in_days(row.keep) > in_days(known[0]):
                found[field] = (row.keep, row.start)
    return found


# --- what may be done --------------------------------------------------------------------------

Atom = tuple[str, str, str, str, str]
"""One thing a permit is about: operation, field, purpose, recipient, regime."""


def permits(old: Edition, new: Edition, notes: Notes) -> None:
    """Find each act that a permit of one edition opens further than any of the other does."""
    before, after = _atoms(old), _atoms(new)
    for wider, edition, ones, others in ((True, new, after, before), (False, old, before, after)):
        for atom, ways in ones.items():
            held = others.get(atom, [])
            more = [way for way in ways if not any(_as_wide(other, way) for other in held)]
            if more and _known(old, new, atom):
                _tell(edition, more[0][2], atom, wider, notes)


def _known(old: Edition, new: Edition, atom: Atom) -> bool:
    """Tell whether an act is about things both editions declare; the rest is told as new."""
    _, field, purpose, recipient, _ = atom
    named = ((field, "categories"), (purpose, "purposes"), (recipient, "recipients"))
    return all(
        not name or name in getattr(one, table) for one in (old, new) for name, table in named
    )


Way = tuple[str, frozenset[str], str]
"""How a permit opens an act: the kind of its basis, what it depends on, the rule's name."""
NARROWER: Final[Mapping[str, frozenset[str]]] = {
    "duty": frozenset({"interest", "contract", "opt_in_minor", "parental", "consent", "separate"}),
    "contract": frozenset({"consent", "separate"}),
    "interest": frozenset({"opt_in_minor", "parental", "consent", "separate"}),
    "opt_in_minor": frozenset({"consent", "separate"}),
    "consent": frozenset({"separate"}),
}
"""For a kind of basis, the kinds that never open where it does not."""


def _as_wide(one: Way, other: Way) -> bool:
    """Tell whether one way opens wherever another does."""
    easier = one[0] == other[0] or other[0] in NARROWER.get(one[0], ())
    return easier and one[1] <= other[1]


def _atoms(edition: Edition) -> dict[Atom, list[Way]]:
    """Return each act that permits are about, with every way that opens it."""
    atoms: dict[Atom, list[Way]] = {}
    for rule in edition.rules.values():
        for regime in (rule.basis or Regime) if rule.verb == "permit" else ():
            if not rule.when.regimes or regime in rule.when.regimes:
                basis = BASIS.get((regime, rule.basis.get(regime, "")))
                way = basis.kind if basis else "duty", _conditions(rule), rule.id
                for atom in _about(edition, rule, regime):
                    atoms.setdefault(atom, []).append(way)
    return atoms


def _conditions(rule: Rule) -> frozenset[str]:
    """Return what a rule depends on; one of several ways is one condition."""
    only, when = rule.only_if, rule.when
    heeds = () if rule.necessary else ("objection",)
    named = {"any": only.any, "ground": only.ground, "age": when.age, "from": when.residence}
    several = (f"{name} {' '.join(sorted(words))}" for name, words in named.items() if words)
    return frozenset((*only.all, *several, *heeds, *(f"not {word}" for word in rule.unless)))


def _about(edition: Edition, rule: Rule, regime: str) -> Iterable[Atom]:
    fields, purposes = edition.fields(rule.categories), edition.covered(rule)
    for operation in rule.operations:
        given = edition.given_to(rule) if operation in words.GIVING else ("",)
        for field, purpose, to in itertools.product(fields, purposes, given):
            yield operation, field, purpose, to, regime


def forbids(old: Edition, new: Edition, notes: Notes) -> None:
    """Find each forbid that the other edition does not uphold in full."""
    for wider, ones, others, edition in ((True, old, new, old), (False, new, old, new)):
        for rule in ones.rules.values():
            if rule.verb == "forbid" and not any(
                _upholds(others, other, ones, rule) for other in others.rules.values()
            ):
                en = f"what rule {rule.id} forbids is {'no longer' if wider else 'newly'} forbidden"
                zh = f"规则 {rule.id} 所禁止的处理{'不再全部禁止' if wider else '为新增禁止'}"
                clauses = edition.rules[rule.id].clause
                notes.note(wider, "rule", rule.id, en, zh, clauses)


def _upholds(edition: Edition, other: Rule, home: Edition, rule: Rule) -> bool:
    """Tell whether another edition's forbid shuts all that a rule shuts, as firmly."""
    every, gone = tuple(Operation), _vocabulary(home) - _vocabulary(edition)
    shut, wide = (every if "*" in one.operations else one.operations for one in (rule, other))
    places = (*home.residences, *edition.residences)
    pairs = [
        (shut, wide),
        (home.fields(rule.categories), edition.fields(other.categories)),
        (home.covered(rule), edition.covered(other)),
        (home.given_to(rule), edition.given_to(other)),
        (other.unless, rule.unless),
        (other.only_if.all, rule.only_if.all),
        (rule.when.regimes or tuple(Regime), other.when.regimes or tuple(Regime)),
        (rule.when.age or tuple(AgeBand), other.when.age or tuple(AgeBand)),
        (rule.when.residence or places, other.when.residence or places),
    ]
    same = (other.verb, other.only_if.any, other.only_if.ground)
    return same == ("forbid", rule.only_if.any, rule.only_if.ground) and all(
        set(small) - gone <= set(large) for small, large in pairs
    )


def _tell(edition: Edition, name: str, atom: Atom, wider: bool, notes: Notes) -> None:
    operation, field, purpose, recipient, _ = atom
    rule = edition.rules[name]
    category, aim = edition.categories[field], edition.purposes[purpose]
    to = edition.recipients[recipient] if recipient else None
    done, does = DONE[Operation(operation)]
    done, does = done.format(to=to.en if to else ""), does.format(to=to.zh if to else "")
    ease = ("more", "放宽") if wider else ("less", "收紧")
    en = f"rule {name}: “{category.en}” may be {done} for “{aim.en}” {ease[0]} easily than before"
    zh = f"规则 {name}：为“{aim.zh}”{does}“{category.zh}”的条件{ease[1]}"
    notes.note(wider, "rule", name, en, zh, rule.clause)


def _vocabulary(edition: Edition) -> set[str]:
    return {*edition.categories, *edition.purposes, *edition.recipients}


# --- who is protected --------------------------------------------------------------------------


def rights(old: Edition, new: Edition, notes: Notes) -> None:
    """Note a right that goes, from everybody or from the people of a regime."""
    for name in dict.fromkeys((*new.rights, *old.rights)):
        was = set(old.rights[name].regimes) if name in old.rights else set[str]()
        now = set(new.rights[name].regimes) if name in new.rights else set[str]()
        part = new.rights.get(name) or old.rights[name]
        if was - now:
            en, zh = f"the right “{part.en}” is taken back", f"取消权利“{part.zh}”"
            notes.note(True, "right", name, en, zh, part.clause)
        if now - was:
            en, zh = f"the right “{part.en}” is given", f"新增权利“{part.zh}”"
            notes.note(False, "right", name, en, zh, part.clause)


def staff(old: Edition, new: Edition, notes: Notes) -> None:
    """Note a role that sees more fields, for more purposes or unmasked."""
    for name in (name for name in new.staff if name in old.staff):
        was, now = _sees(old, name), _sees(new, name)
        for wider, changed in ((True, now - was), (False, was - now)):
            if changed:
                part, more = new.staff[name], ("more", "扩大") if wider else ("less", "缩小")
                en = f"staff of “{part.en}” may see {more[0]}"
                zh = f"岗位“{part.zh}”可查看的范围{more[1]}"
                notes.note(wider, "staff", name, en, zh, part.clause)


def _sees(edition: Edition, name: str) -> set[str]:
    role = edition.staff[name]
    bare = set() if role.masked else {"unmasked"}
    return {*edition.fields(role.shows), *role.purposes} | bare


def ages(old: Edition, new: Edition, notes: Notes) -> None:
    """Note an age of admission, or of being a child, that protects fewer."""
    before, after = old.ages, new.ages
    names = before.child | after.child
    pairs = [(one, counted(before.child, one), counted(after.child, one)) for one in names]
    pairs.append(("admit", before.admit, after.admit))
    pairs.append(("minors_service", -before.minors_service, -after.minors_service))
    for name, was, now in pairs:
        if was != now:
            en = f"the age limit `{name}` changes from {abs(was)} to {abs(now)}"
            zh = f"年龄界限 {name} 由 {abs(was)} 变更为 {abs(now)}"
            notes.note(now < was, "age", name, en, zh, new.ages.clause)


def controller(old: Edition, new: Edition, notes: Notes) -> None:
    """Another controller is another promise."""
    was, now = old.controller, new.controller
    if (was.legal_name, was.country) != (now.legal_name, now.country):
        en = f"the controller is now {now.legal_name} ({now.country})"
        zh = f"个人信息处理者变更为 {now.legal_name}（{now.country}）"
        notes.note(True, "controller", now.legal_name, en, zh, ("11.1",))


def _texts(old: Edition, new: Edition) -> Iterable[TextChange]:
    before = {clause.id: clause.words for clause in old.clauses}
    after = {clause.id: clause.words for clause in new.clauses}
    for clause in dict.fromkeys((*after, *before)):
        for language in LANGUAGES:
            was = before.get(clause, {}).get(language, "")
            now = after.get(clause, {}).get(language, "")
            if was != now:
                yield TextChange(clause=clause, language=language, old=was, new=now)


LOOKS: Final[tuple[Callable[[Edition, Edition, Notes], None], ...]] = (
    declared, flags, recipients, regions, retention, permits, forbids, rights, staff, ages,
    controller,
)  # fmt: skip
"""Everything two editions are compared in."""
