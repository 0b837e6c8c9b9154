"""The tour's thirteen steps. Each shows one part of the policy and checks that it was kept."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from typing import Final

from troth import app
from troth.app import offline
from troth.app.traces import find_traces
from troth.interfaces.tour import cookies, elsewhere
from troth.interfaces.tour.stage import BO, MEI, Person, Stage
from troth.interfaces.tour.visit import visit
from troth.model.acts import Actor, Notify, Use
from troth.model.clock import iso
from troth.model.errors import LedgerBroken, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

STAFF: Final = Actor(kind="staff", id="s-4f2a", role="support", assurance=1)
REALNAME: Final = (
    "realname/identity.id_number",
    "share/id-authority/realname",
)


def a_visitor_reads(stage: Stage) -> None:
    """Let a visitor read the policy."""
    before = stage.whole()
    for language, word in (("zh", "隐私政策"), ("en", "Privacy")):
        page = visit(stage.troth, f"/policy?lang={language}")
        bold = page.text.count("<strong")
        stage.check(
            f"the policy can be read ({language}), its bold passages bold",
            page.status == 200 and word in page.text and bold,
            f"{len(page.text):,} characters, {bold} bold passages",
        )
        kept = [name for name in page.cookies if "language" not in name and "form" not in name]
        stage.check("no cookie but the language and the form's own", not kept, kept or "")
    stage.check("no row was added anywhere", stage.whole() == before)


def an_adult_registers(stage: Stage) -> None:
    """Register an adult in mainland China."""
    for person in (MEI, BO):
        begun = stage.begin(person)
        form = stage.form(person, begun)
        welcome = stage.troth.accounts.register(form)
        if person is MEI:
            stage.mei, stage.token = welcome.subject, welcome.token
            _look_at_registration(stage, welcome.subject)
        else:
            stage.bo = welcome.subject


def _look_at_registration(stage: Stage, subject: SubjectId) -> None:
    texts, mails = stage.rehearsal.texted(MEI.phone), stage.rehearsal.mailed(MEI.email)
    stage.check("the code arrived by mail, over SMTP", stage.rehearsal.code(mails))
    stage.check("the code arrived by short message", stage.rehearsal.code(texts))
    accepted = stage.troth.gate.standing(subject).accepted[-1]
    edition = stage.troth.gate.policy().hash
    stage.check(
        "the agreement binds the edition's hash and the language",
        accepted.edition == edition and accepted.language == "zh",
        f"edition {edition[:16]}…, {accepted.language}, by {accepted.means}",
    )
    here, there = stage.rows("cn", "subjects"), stage.rows("global", "subjects")
    stage.check(
        "the data lies in cn and nowhere else",
        (here, there) == (1, 0),
        f"cn {here}, global {there}",
    )
    traces = find_traces(stage.rehearsal.folder, MEI.values())
    stage.check("no value can be read in any file", not traces, traces[:3] or "")


def a_minor_is_refused(stage: Stage) -> None:
    """Refuse somebody who is seventeen."""
    young = Person(
        name="周小雨",
        email="xiaoyu.zhou@example.com",
        phone="+8613712340011",
        born=stage.born_seventeen(),
        password="maple-thunder-basket-88",  # noqa: S106  # a made-up person's
        address="南京市鼓楼区中山北路 101 号",
    )
    about_people = ("subjects", "cells", "blind", "standings", "sessions", "outbox")
    before = {table: stage.rows("cn", table) for table in about_people}
    begun = stage.begin(young)
    stage.refused(
        "somebody who turns eighteen the day after tomorrow is refused",
        lambda: stage.troth.accounts.register(stage.form(young, begun)),
        clause="8.1",
    )
    stage.troth.tick()
    after = {table: stage.rows("cn", table) for table in about_people}
    grew = {table: after[table] for table in after if after[table] > before[table]}
    stage.check("no row about anybody was added", not grew, grew or "")
    traces = find_traces(stage.rehearsal.folder, young.values())
    stage.check("none of their values is in any file", not traces, traces[:3] or "")


def the_real_name(stage: Stage) -> None:
    """Check a real name."""
    subject = _mei(stage)
    values = {
        "identity.name": Secret(MEI.name),
        "identity.id_number": Secret(MEI.id_number),
    }
    stage.troth.agree(
        "id-authority",
        reference="tour-agreement",
        purposes=("realname",),
        fields=("identity",),
    )
    stage.refused(
        "without its own consent the ID number is not taken",
        lambda: stage.troth.realname.verify(subject, values),
    )
    stage.check(
        "and is not held", "identity.id_number" not in stage.troth.gate.standing(subject).held
    )
    checked = stage.troth.realname.verify(
        subject, values, stage.tick(*REALNAME), shown=stage.shown()
    )
    stage.check(
        "with it the authority confirms",
        stage.troth.gate.standing(subject).facts["realname"].result == "verified",
        f"{checked.result}, the authority's reference {checked.reference}",
    )
    shared = [entry for entry in stage.troth.gate.trail(subject) if entry.kind == "data.shared"]
    stage.check(
        "what was shared, with whom and why stands in the ledger",
        shared and shared[-1].what["recipient"] == "id-authority",
        shared[-1].what if shared else "no entry",
    )


def the_phone_is_used(stage: Stage) -> None:
    """Use a phone for a code, and try to use it for advertising."""
    subject = _mei(stage)
    outcome = stage.troth.gate.perform(
        Notify(
            subject=subject,
            notice="code",
            purpose="authenticate",
            text=Secret("您的验证码是 246810。"),
            channels=("sms",),
        )
    )
    stage.troth.tick()
    arrived = any("246810" in text for text in stage.rehearsal.texted(MEI.phone))
    stage.check(
        "a code to the phone is allowed and arrives", arrived, outcome.decisions[0].reason["en"]
    )
    use = Use(subject=subject, fields=("contact.phone",), purpose="marketing")
    stage.refused(
        "the same number for advertising is denied",
        lambda: stage.troth.gate.perform(use),
        clause="2.1.2e",
    )
    stage.troth.consent.give(subject, stage.tick("marketing"), shown=stage.shown())
    allowed = stage.troth.gate.perform(use)
    stage.check("after consent it is allowed", allowed.values, allowed.decisions[0].reason["en"])
    stage.troth.consent.withdraw(subject, "marketing")
    stage.refused(
        "after withdrawal the next call is denied",
        lambda: stage.troth.gate.perform(use),
        clause="9.3",
    )
    kinds = stage.kinds(subject)
    stage.check(
        "both refusals and the use stand in the ledger",
        kinds.count("use.denied") >= 2 and "data.used" in kinds,
    )


def staff_look(stage: Stage) -> None:
    """Let staff look."""
    subject = _mei(stage)
    fields = ("contact.phone", "contact.email")
    stage.refused(
        "without a purpose staff see nothing",
        lambda: stage.troth.staff.look(STAFF, subject, fields),
    )
    seen = stage.troth.staff.look(STAFF, subject, fields, purpose="support", ticket="T-1001")
    shown = [value.reveal() for value in seen.values()]
    stage.check(
        "with a purpose and a ticket they see masked values",
        shown and MEI.phone not in shown and MEI.email not in shown,
        ", ".join(shown),
    )
    looks = stage.troth.staff.who_looked(subject)
    stage.check(
        "the subject sees who looked, when and why, the refusal included",
        [look.allowed for look in looks[-2:]] == [False, True],
        "; ".join(f"{iso(look.at)} {look.by} {look.purpose or 'no purpose'}" for look in looks),
    )


def correct_and_copy(stage: Stage) -> None:
    """Correct an address and take a copy."""
    subject = _mei(stage)
    new = "杭州市拱墅区湖墅南路 200 号"
    proved = Actor(kind="subject", assurance=2)
    stage.troth.rights.correct(subject, {"contact.address": Secret(new)}, by=proved)
    copy = stage.troth.rights.copy(subject, by=proved)
    raw = copy.archive.reveal_raw()
    with zipfile.ZipFile(io.BytesIO(raw if isinstance(raw, bytes) else raw.encode())) as packed:
        names = packed.namelist()
        told = packed.read("data.json").decode()
        manifest = json.loads(packed.read("manifest.json"))
        sound = offline.checksums_hold(packed, manifest)
    stage.check(
        "the copy holds JSON, CSV and a manifest",
        {"data.json", "data.csv", "manifest.json"} <= set(names),
        ", ".join(names),
    )
    stage.check(
        "it has the new address and not the old one", new in told and MEI.address not in told
    )
    stage.check("every checksum of the manifest holds", sound)


def cancel(stage: Stage) -> None:
    """Cancel the account."""
    subject = _mei(stage)
    stage.troth.back_up(stage.rehearsal.outside / "backup.tar.gz")
    stage.token = stage.troth.accounts.step_up(stage.token, Secret(MEI.password))
    plan = stage.troth.accounts.closing_plan(stage.token)
    stage.check(
        "the plan is shown first: what goes, what a law holds and until when",
        plan.gone,
        f"{len(plan.gone)} fields go, {len(plan.held)} are held by law",
    )
    certificate = stage.troth.accounts.close(stage.token)
    stage.check(
        "every store was asked again and answered: nothing",
        certificate.complete and not any(certificate.stores.values()),
        ", ".join(f"{name} {count}" for name, count in certificate.stores.items()),
    )
    stage.check(
        "the certificate says when it is irreversible everywhere",
        certificate.irreversible_by > certificate.effective,
        f"effective {iso(certificate.effective)},"
        f" irreversible by {iso(certificate.irreversible_by)}",
    )
    stage.troth.tick()
    farewell = stage.rehearsal.mailed(MEI.email)[-1]
    stage.check(
        "the farewell arrived",
        iso(certificate.irreversible_by) in farewell,
        farewell.strip().splitlines()[0],
    )
    stage.check("one subject is left in cn", stage.rows("cn", "subjects") == 1)
    stage.refused("the session is dead", lambda: stage.troth.accounts.who(stage.token))
    stage.refused("nothing can be done on the erased", lambda: stage.troth.gate.standing(subject))


def nothing_is_left(stage: Stage) -> None:
    """Search every file, and restore a backup."""
    everything = (*MEI.values(), *BO.values(), "杭州市拱墅区湖墅南路 200 号")
    traces = find_traces(stage.rehearsal.folder, everything)
    files = sum(1 for path in stage.rehearsal.folder.rglob("*") if path.is_file())
    stage.check(
        f"{len(everything)} values in {files} files, in every spelling: none found",
        not traces,
        traces[:3] or "",
    )
    copy = stage.rehearsal.outside / "restored"
    shutil.copytree(stage.rehearsal.folder, copy)
    told = app.restore(copy, stage.rehearsal.outside / "backup.tar.gz")
    with stage.rehearsal.open(copy) as restored:
        _look_at_restored(stage, restored, told)


def _look_at_restored(stage: Stage, restored: app.Troth, told: object) -> None:
    bo = stage.bo
    stage.refused(
        "the erased subject cannot be opened after the restore",
        lambda: restored.gate.standing(_mei(stage)),
    )
    if bo is None:
        stage.check("another subject can", False)
        return
    opened = restored.gate.perform(
        Use(subject=bo, fields=("contact.email",), purpose="notify.service")
    )
    stage.check("another subject can", opened.values["contact.email"].reveal() == BO.email, told)


def the_ledger_verifies(stage: Stage) -> None:
    """Verify the ledger offline, and a copy with one octet altered."""
    stage.troth.tick()
    vkey = stage.troth.checkpoints()["cn"][1]
    bundle = stage.rehearsal.outside / "ledger-cn"
    head = stage.troth.export_ledger("cn", bundle)
    report = offline.verify_bundle(bundle, vkey)
    stage.check(
        "it verifies with the public key alone", report.ok, f"{head.size} entries, key {vkey[:40]}…"
    )
    files = sorted(path for path in (bundle / "tile" / "entries").rglob("*") if path.is_file())
    octets = bytearray(files[-1].read_bytes())
    octets[len(octets) // 2] ^= 1
    files[-1].write_bytes(octets)
    try:
        offline.verify_bundle(bundle, vkey)
    except LedgerBroken as error:
        stage.check(
            "one octet altered is found, and the entry named",
            error.field,
            f"{error.message}: {error.field}",
        )
    else:
        stage.check("one octet altered is found", False)


def the_clause_board(stage: Stage) -> None:
    """Show the clause board."""
    board = stage.troth.evidence.board()
    stage.check(
        f"all {len(board.rows)} rows stand on the board",
        len(board.rows) == len(stage.troth.gate.policy().edition.clauses),
        f"{board.counts['kept']} kept, {board.counts['partial']} partial,"
        f" {board.counts['open']} open;"
        f" {board.duties['kept']} of {sum(board.duties.values())} duties and rights kept",
    )


def _mei(stage: Stage) -> SubjectId:
    if stage.mei is None:
        raise TrothError("the story has no heroine: registration did not succeed")
    return stage.mei


STEPS: Final[tuple[tuple[str, Callable[[Stage], None]], ...]] = (
    (
        "A visitor reads the policy in both languages; nothing about them is kept.",
        a_visitor_reads,
    ),
    cookies.STEP,
    (
        "An adult in mainland China registers: codes arrive, the agreement binds.",
        an_adult_registers,
    ),
    (
        "A seventeen-year-old is refused, and nothing of theirs is kept.",
        a_minor_is_refused,
    ),
    (
        "Separate consent for the ID number; a real-name check; the sharing recorded.",
        the_real_name,
    ),
    (
        "The phone for a code: allowed. For marketing: denied, allowed, denied again.",
        the_phone_is_used,
    ),
    (
        "Staff without a purpose are refused; with one they look, and are seen.",
        staff_look,
    ),
    (
        "The subject corrects an address and takes a copy.",
        correct_and_copy,
    ),
    (
        "A backup is made; the subject cancels: plan, erasure, certificate, farewell.",
        cancel,
    ),
    (
        "Every file is searched; the backup is restored, and the erased stay erased.",
        nothing_is_left,
    ),
    elsewhere.STEP,
    (
        "The ledger verifies offline; a copy with one octet altered does not.",
        the_ledger_verifies,
    ),
    (
        "The clause board: which rows are kept, and by what.",
        the_clause_board,
    ),
)
