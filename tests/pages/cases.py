"""Pages about a case: what a desk and a subject see once somebody has asked for something (9.7).

They are opened one after another in one browser, by the test that looks at them and by
`tools.screenshots`.
"""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.interfaces.console import office
from tests.pages.site import PASSWORD, Person, Site
from tests.support.letters import letters
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ME = Actor(kind="subject", assurance=2)
DESK = Actor(kind="staff", id="s4", role="privacy")
PASSPHRASE = "copper orchard nine ladders"


def cases(page: Page, site: Site) -> Iterator[str]:
    """Show every page about a case in turn; yield its name."""
    troth, person = site.troth, Person(page, site)
    who = troth.accounts.who(person.has_account())[0].subject
    person.sign_in()
    yield from of_the_subject(page, person, troth, who)
    enter(page, troth, "privacy")
    yield from of_a_package(page, troth, who)
    yield from of_an_erasure(page, troth, who)
    yield from from_outside(page, troth)
    yield from of_terms(page, troth, who)
    yield from of_a_power(page, troth, who)
    yield from of_identities(page, troth)
    yield from of_others(page, troth)
    yield from of_an_end(page, person, troth)


def enter(page: Page, troth: Troth, role: str) -> str:
    """Sign somebody in at a desk; return their login."""
    login = f"{role}-{len(letters(troth, 'email'))}-{id(page)}"
    troth.add_staff(login, role, region="cn", password=Secret(PASSPHRASE))
    page.goto("/desk/sign-in")
    page.fill("main [name=login]", login)
    page.fill("main [name=password]", PASSPHRASE)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: not url.endswith("/desk/sign-in"))
    return login


def press(page: Page, what: str) -> None:
    """Press the button that says what to do, opening what it lies in."""
    button = page.locator(f"main button[value='{what}']").first
    button.evaluate("one => one.closest('details')?.setAttribute('open', '')")
    button.click()


# --- what a subject sees -----------------------------------------------------------------------


def of_the_subject(page: Page, person: Person, troth: Troth, who: SubjectId) -> Iterator[str]:
    """Show what was asked for: waiting, answered with a file, refused."""
    desk = troth.rights.desk
    person.ask_for("question", "What is my address for?")
    yield "own request"
    number = page.url.rpartition("/")[2].partition("?")[0]
    desk.take(who, number, by=DESK)
    desk.reply(who, number, Secret("Letters go there.\nNothing else does."), by=DESK)
    page.goto(f"/me/requests/{number}")
    yield "own request with a message"
    desk.deny(who, number, "other", by=DESK, text=Secret("We hold none."))
    page.goto(f"/me/requests/{number}")
    yield "own request refused"
    page.goto("/me/requests")
    yield "own requests"


# --- what a desk sees --------------------------------------------------------------------------


def of_a_package(page: Page, troth: Troth, who: SubjectId) -> Iterator[str]:
    """Show a request for access from its first step to its answer."""
    number = troth.rights.desk.request(who, "access", text=Secret("All of it, please."), by=ME)
    page.goto(f"/desk/requests/{who}/{number}")
    yield "desk: a request"
    press(page, "read")
    yield "desk: what was written"
    press(page, "discover")
    page.locator("details:has(button[value=leave_out])").evaluate("one => { one.open = true }")
    page.locator("select[name='out.contact.phone']").select_option("others_at_risk")
    press(page, "leave_out")
    yield "desk: what is left out"
    press(page, "prepare")
    yield "desk: packing"
    troth.tick()
    page.goto(f"/desk/requests/{who}/{number}")
    press(page, "preview")
    yield "desk: a package"
    press(page, "refuse")
    yield "desk: refused without a ground"
    press(page, "answer")
    page.goto(f"/desk/requests/{who}/{number}")
    yield "desk: answered"


def of_an_erasure(page: Page, troth: Troth, who: SubjectId) -> Iterator[str]:
    """Show a grave request that one proposed and another confirms."""
    desk = troth.rights.desk
    number = desk.request(who, "delete", text=Secret("x"), ground="unlawful", by=ME)
    page.goto(f"/desk/requests/{who}/{number}")
    yield "desk: what takes two"
    press(page, "answer")
    yield "desk: proposed"
    other = desk.request(who, "restrict", text=Secret("x"), by=ME)
    page.goto(f"/desk/requests/{who}/{other}")
    yield "desk: to restrict"
    page.goto("/desk/requests")
    yield "desk: the queue"
    page.goto("/desk/requests?kind=port")
    yield "desk: the queue, nothing left"
    page.goto("/desk/requests/figures")
    yield "desk: figures"
    page.goto("/desk")
    yield "desk: all work"


def from_outside(page: Page, troth: Troth) -> Iterator[str]:
    """Show a request of somebody of whom nothing is proved, and the code on its way."""
    claim = troth.rights.desk.claim(
        values={"contact.email": Secret("out@side.example"), "identity.name": Secret("Out Side")}
    )
    opened = troth.rights.desk.open_unproved("access", claim, channel="letter", residence="CN")
    whose = office.someone(troth).subject
    page.goto(f"/desk/requests/{opened.requester}/{opened.number}")
    yield "desk: from outside"
    press(page, "look")
    yield "desk: who they say they are"
    page.fill("main [name=whose]", "nobody")
    press(page, "code")
    yield "desk: of nobody"
    page.locator("main form:has(button[value=code]) [name=whose]").fill(str(whose))
    press(page, "code")
    yield "desk: a code on its way"
    page.goto("/desk/letters")
    page.locator("#f-main button").last.click()
    yield "desk: a letter with mistakes"


def of_terms(page: Page, troth: Troth, who: SubjectId) -> Iterator[str]:
    """Show the plan that waits, and paper: listed, one, destroyed."""
    page.goto("/desk/terms")
    press(page, "plan")
    page.locator("main details").first.evaluate("one => { one.open = true }")
    yield "desk: a plan"
    register = troth.retention.papers
    paper = register.enter(
        category="contact.email",
        kind="form",
        pages=2,
        place="cabinet 3, shelf 2",
        subject=who,
        letter="",
        by=DESK,
    )
    page.goto("/desk/paper")
    yield "desk: paper"
    page.fill("main [name=place]", "")
    page.locator("#f-main button").last.click()
    yield "desk: paper with mistakes"
    page.goto("/desk/paper")
    page.locator("main tbody a").first.click()
    yield "desk: one paper"
    press(page, "destroy")
    yield "desk: paper destroyed"
    assert paper is not None


def of_a_power(page: Page, troth: Troth, who: SubjectId) -> Iterator[str]:
    """Show a power of attorney entered with mistakes, and the page of its letter."""
    page.goto("/desk/powers")
    page.locator("#f-main button").first.click()
    yield "desk: a power with mistakes"
    made = troth.intake.powers.enter(
        who,
        "PERMISSION",
        ("delete", "access"),
        until=Moment(troth.clock.now() + 30 * DAY),
        by=DESK,
    )
    page.goto("/powers/" + troth.proof.links.write(who, f"powers/{made.id}"))
    yield "a power"
    page.locator("main button").click()
    yield "a power stopped"


def of_identities(page: Page, troth: Troth) -> Iterator[str]:
    """Show a review from its values to its proposal, and a change."""
    member = office.someone(troth)
    case = office.review(troth, member.subject)
    enter(page, troth, "identity")
    page.goto(f"/desk/reviews/{member.subject}/{case}")
    yield "desk: a review"
    press(page, "open")
    yield "desk: what was given"
    press(page, "propose")
    yield "desk: a review without a reason"
    page.locator("main [name=reason]").first.check()
    press(page, "propose")
    yield "desk: a proposal"
    sure = office.someone(troth)
    office.checked(troth, sure.subject, office.known())
    page.goto(f"/desk/changes/{sure.subject}")
    yield "desk: a change"
    page.locator("#f-main button").last.click()
    yield "desk: a change with mistakes"


def of_others(page: Page, troth: Troth) -> Iterator[str]:
    """Show a call and a guardian's matter."""
    office.call(troth, office.someone(troth))
    enter(page, troth, "telephone")
    page.goto("/desk/calls")
    yield "desk: calls"
    guardian = office.guardian(troth)
    enter(page, troth, "minors")
    page.goto(f"/desk/minors/{guardian}")
    yield "desk: a guardian"


def of_an_end(page: Page, person: Person, troth: Troth) -> Iterator[str]:
    """Show an account's end while another database does not answer: certificate, desk, public."""
    person.sign_in(PASSWORD)
    page.goto("/me/cancel")
    page.locator("main [name=understood]").check()
    page.locator("main button.grave").click()
    if page.locator("main [name=current_password]").count():
        person.step_up()
    yield "the certificate of an end"
    page.locator("a[href^='/erasure/']").first.click()
    yield "the certificate later"
    enter(page, troth, "privacy")
    page.goto("/desk/databases")
    yield "desk: databases"
    page.locator("main a[href^='/desk/databases/']").first.click()
    yield "desk: databases of one"
