"""Editions whose terms differ from the shipped ones, and visitors, for tests of retention."""

from tests.chapters.people import PRIVACY, House
from troth.model.acts import SYSTEM, AcceptTerms, Admit, Collect
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId
from troth.policy import packs

USAGE = "categories: [usage], start: recorded, keep: P365D,"
WEB = "categories: [web, device], start: recorded, keep: P365D, then: erase,"
ACCOUNT = """  - {categories: [identity, contact, account, enterprise, legal_rep, handler, bank],
     start: account_closed, keep: P0D, then: erase,"""


def edition(*changes: tuple[str, str], name: str = "2026-11-20") -> str:
    """Return the shipped policy with parts replaced, as an edition that is in force."""
    text, _ = packs.source("itnio")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    text = text.replace('edition: "2023-05-31"', f'edition: "{name}"', 1)
    return text.replace("effective: 2023-05-31", f"effective: {name}", 1)


def usage_kept(keep: str) -> tuple[str, str]:
    return USAGE, USAGE.replace("P365D", keep)


def web_then(what: str) -> tuple[str, str]:
    return WEB, WEB.replace("then: erase", f"then: {what}")


def web_from(start: str, keep: str) -> tuple[str, str]:
    return WEB, WEB.replace("recorded", start).replace("P365D", keep)


def unused_for(keep: str) -> tuple[str, str]:
    text = ACCOUNT.replace("account_closed, keep: P0D", f"last_activity, keep: {keep}")
    return ACCOUNT, text


# --- who is there ------------------------------------------------------------------------------

REGIMES = {"CN": ("cn",), "EEA": ("eu",)}


def visitor(house: House, residence: str = "CN", query: str = "价格") -> SubjectId:
    subject = house.gate.new_subject(residence)
    regimes = REGIMES[residence]
    admit = Admit(subject=subject, residence=residence, regimes=regimes, age=AgeBand.ADULT)
    own = {"contact.email": Secret(f"{subject.lower()[3:20]}@mail.example")}
    seen = {"web.browser": Secret("Firefox"), "usage.query": Secret(query)}
    house.gate.perform(
        admit,
        accept(house, subject),
        Collect(subject=subject, values=own, purpose="account"),
        Collect(subject=subject, values=seen, purpose="security", source="observed"),
        by=SYSTEM,
    )
    return subject


def accept(house: House, subject: SubjectId) -> AcceptTerms:
    edition = house.gate.policy().hash
    return AcceptTerms(subject=subject, edition=edition, language="zh", means="imported")


def approve(house: House) -> None:
    house.retention.approve(house.retention.plan().id, by=PRIVACY)
