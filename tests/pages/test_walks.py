"""A person's way through the centre in a real browser: scripts off, by keyboard, phone and desk."""

import json
import zipfile
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.interfaces.console import office
from tests.pages.site import PASSWORD, Person, Site, browsing
from troth.app import offline

pytestmark = pytest.mark.browser
STAFF = count(1)
WAYS = [("zh", "phone"), ("zh", "desk"), ("en", "phone"), ("en", "desk")]


@pytest.mark.clause("P.2", "A.1", "6.1a", "6.4a", "6.4b", "9.1a", "9.3b")
@pytest.mark.parametrize(("language", "size"), WAYS)
def test_register_see_withdraw_copy_cancel(
    language: str, size: str, chromium: Browser, site: Site, tmp_path: Path
) -> None:
    with browsing(chromium, site, language=language, size=size) as page:
        person = Person(page, site)
        person.register("marketing")
        expect(page.locator("h1")).to_have_text({"zh": "我的信息", "en": "My data"}[language])
        see(person)
        withdraw(person)
        copy(person, tmp_path / "copy.zip")
        cancel(person)
        page.goto("/me")
        expect(page).to_have_url(f"{site.base}/sign-in?to=/me")


def by_menu(person: Person, path: str) -> None:
    """Go to a page of one's own by the menu, which is folded where there is little room."""
    if person.page.locator(".sub summary").is_visible():
        person.reach(".sub summary")
        person.page.keyboard.press("Enter")
    person.press(f".sub a[href='{path}']")


def see(person: Person) -> None:
    """Have every value shown; the password is asked for in between."""
    page = person.page
    expect(page.get_by_text(person.email)).to_have_count(0)
    person.press("main form[action='/me/show'] button")
    person.step_up()
    expect(page.get_by_text(person.email)).to_be_visible()


def withdraw(person: Person) -> None:
    """Take the consent back that was given on registering, in one step."""
    by_menu(person, "/me/consents")
    person.press("main button[value=withdraw]")
    expect(person.page.locator("main button[value=withdraw]")).to_have_count(0)
    expect(person.page.locator(".told.good")).to_be_visible()


def copy(person: Person, to: Path) -> None:
    """Take a copy; the password was given a moment ago and is not asked for again."""
    page = person.page
    page.goto("/me/copy")
    person.press("main form[action='/me/copy'] button")
    expect(page.locator("main progress")).to_be_visible()
    person.troth.tick()
    # The page asks again by itself: nobody has to do anything.
    expect(page.locator(".told.good")).to_be_visible()
    person.reach("main a.button[href$='/file']")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(to)
    with zipfile.ZipFile(to) as archive:
        assert person.email in archive.read("data.json").decode()


def cancel(person: Person) -> None:
    """End the account: plan, box, button, certificate, which is a file to keep, too."""
    person.page.goto("/me/cancel")
    person.tick("understood")
    person.press("main button.grave")
    expect(person.page.locator(".told.good")).to_be_visible()
    expect(person.page.locator("main table td").first).to_be_visible()
    person.reach("main a[download]")
    with person.page.expect_download() as download:
        person.page.keyboard.press("Enter")
    assert download.value.suggested_filename == "certificate.json"
    assert json.loads(download.value.path().read_text("utf-8"))["complete"]


# --- what a subject can do -------------------------------------------------------------------


@pytest.mark.parametrize(("language", "size"), [("zh", "phone"), ("en", "desk")])
def test_correct_and_complete(language: str, size: str, chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, language=language, size=size) as page:
        person = Person(page, site)
        person.register()
        page.goto("/me/correct")
        person.type("contact.address", "1 Nathan Road")
        person.type("profile.occupation", "baker")
        person.press("main form[action='/me/correct'] button")
        expect(page.locator(".told.good")).to_be_visible()
        person.press("main [name='contact.address'] >> xpath=ancestor::form//button")
        expect(page.locator("#e-nothing, .told.bad").first).to_be_visible()
        page.goto("/me")
        person.press("main form[action='/me/show'] button")
        person.step_up()
        expect(page.get_by_text("1 Nathan Road")).to_be_visible()


def test_set_aside_and_undo_refuse_and_undo(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, size="phone") as page:
        person = Person(page, site)
        person.register()
        page.goto("/me/correct")
        person.type("contact.address", "弥敦道 1 号")
        person.press("main form[action='/me/correct'] button")
        page.goto("/me/limits")
        for deed, undo in (("restrict", "release"), ("object", "allow")):
            person.press(f"main form:has(input[name=act][value={deed}]) button")
            expect(page.locator(".told.good")).to_be_visible()
            person.press(f"main form:has(input[name=act][value={undo}]) button")
            expect(page.locator(".told.good")).to_be_visible()
            expect(page.locator(f"input[name=act][value={undo}]")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_ask_follow_write_and_take_back(language: str, chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, language=language, size="phone") as page:
        person = Person(page, site)
        person.register()
        page.goto("/me/requests")
        person.reach("main [name=kind]")
        page.keyboard.press("ArrowDown")
        person.type("text", "a question about my data")
        person.press("main form[action='/me/requests'] button")
        expect(page.locator(".timeline li")).to_have_count(4)
        expect(page.locator(".timeline [aria-current=step]")).to_have_count(1)
        person.press("main form[action$='/messages'] button")
        person.step_up()
        expect(page.get_by_text("a question about my data")).to_be_visible()
        person.type("text", "and one thing more")
        person.press("main form:has([name=text]) button")
        expect(page.locator(".told.good")).to_be_visible()
        person.press("main form[action$='/revoke'] button")
        expect(page.locator("main form[action$='/revoke']")).to_have_count(0)


def test_complain_to_us_and_see_where_else(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, language="en", size="phone") as page:
        person = Person(page, site)
        person.register()
        page.goto("/me/complain")
        expect(page.locator("main a[rel~=external]").first).to_be_visible()
        person.type("text", "you did not answer")
        person.press("main form button")
        expect(page.locator("h1")).to_have_text("Complaint (negotiation)")
        expect(page.locator(".timeline li").first).to_be_visible()


def test_a_receipt_is_read_and_its_proof_taken_along(
    chromium: Browser, site: Site, tmp_path: Path
) -> None:
    with browsing(chromium, site, language="en", size="desk") as page:
        person = Person(page, site)
        person.register("marketing")
        page.goto("/me/papers")
        person.press("main table a")
        expect(page.locator("h1")).to_be_visible()
        person.reach("main a[href$='/proof']")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        to = tmp_path / "proof.zip"
        download.value.save_as(to)
        key = site.troth.checkpoints()["cn"][1]
        assert offline.examine_bundle(to, key).ok


def test_another_device_is_signed_out(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site) as one, browsing(chromium, site, size="phone") as other:
        person, again = Person(one, site), Person(other, site)
        person.register()
        other.goto("/sign-in")
        again.type("identifier", person.email)
        again.type("password", PASSWORD)
        again.press("main form[action='/sign-in'] button")
        one.goto("/me/sessions")
        person.press("main form:has(input[name=session]) button")
        expect(one.locator(".told.good")).to_be_visible()
        other.goto("/me")
        expect(other).to_have_url(f"{site.base}/sign-in?to=/me")


@pytest.mark.clause("A.5", "P.2")
def test_the_first_thing_a_visitor_sees_is_the_way_to_the_policy(
    chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, size="phone") as page:
        page.goto("/")
        banner = page.locator("aside.banner")
        expect(banner).to_be_visible()
        assert page.context.cookies() == []
        banner.get_by_role("link").click()
        expect(page).to_have_url(f"{site.base}/policy")
        assert page.context.cookies() == []


@pytest.mark.clause("P.3", "A.3")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_bold_passages_look_bold_and_underlined(
    language: str, chromium: Browser, site: Site
) -> None:
    emphasised = [c for c in site.troth.gate.policy().edition.clauses if c.emphasis]
    with browsing(chromium, site, language=language) as page:
        page.goto("/policy")
        bold = page.locator("main .clause strong")
        expect(bold).to_have_count(len(emphasised))
        style = bold.first.evaluate(
            "e => [getComputedStyle(e).fontWeight, getComputedStyle(e).textDecorationLine]"
        )
        assert style == ["700", "underline"]


@pytest.mark.clause("A.1")
def test_the_boxes_come_empty_and_decline_is_as_big_as_agree(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, size="desk") as page:
        Person(page, site).ask_codes()
        for box in page.locator("main input[type=checkbox]").all():
            expect(box).not_to_be_checked()
        sizes = [
            page.locator(f"main button[value={word}]").bounding_box()
            for word in ("agree", "decline")
        ]
        assert sizes[0] is not None
        assert sizes[1] is not None
        assert abs(sizes[0]["height"] - sizes[1]["height"]) < 2
        assert abs(sizes[0]["y"] - sizes[1]["y"]) < 2


@pytest.mark.clause("2.3b", "2.1.1g")
def test_the_real_name_check_warns_asks_apart_and_tells_the_outcome(
    chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, size="phone") as page:
        person = Person(page, site)
        person.register()
        page.goto("/me/realname")
        person.type("identity.name", "李雷")
        person.type("identity.id_number", "11010519491231002X")
        person.press("main form button")
        expect(page.locator(".told.bad")).to_be_visible()
        expect(page.locator("[id='h-identity.id_number']")).to_contain_text("敏感")
        for key in ("realname/identity.id_number", "share/id-authority/realname"):
            person.tick(f"consent:{key}")
        person.press("main form button")
        expect(page.locator(".told[role=status]")).to_contain_text("认证结果")


@pytest.mark.clause("7.1d")
def test_a_look_at_the_desk_is_seen_by_its_subject(chromium: Browser, site: Site) -> None:
    password = site.troth.add_staff("han", "support", region="cn").reveal()
    with browsing(chromium, site) as own, browsing(chromium, site) as desk:
        person, staff = Person(own, site), Person(desk, site)
        person.register()
        desk.goto("/desk/sign-in")
        staff.type("login", "han")
        staff.type("password", password)
        staff.press("main form button")
        staff.type("subject", person.email)
        desk.select_option("main [name=purpose]", "support")
        staff.type("ticket", "T-9")
        staff.press("main form button")
        expect(desk.get_by_text(person.email)).to_have_count(0)
        by_menu(person, "/me/trail")
        expect(own.locator("main table").first).to_contain_text("T-9")


def test_recovery_and_sign_in_work_by_keyboard(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, language="en", size="phone") as page:
        person = Person(page, site)
        person.register()
        person.press("header button.link")
        person.press("header a[href='/sign-in']")
        person.type("identifier", person.email)
        person.type("password", PASSWORD)
        person.press("main form button")
        expect(page).to_have_url(f"{site.base}/me")


def test_the_skip_link_comes_first_and_leads_to_the_content(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site) as page:
        page.goto("/policy")
        page.keyboard.press("Tab")
        expect(page.locator("a.skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


# --- the desk ----------------------------------------------------------------------------------


def at_the_desk(staff: Person, role: str) -> None:
    """Admit somebody under a role and have them sign in at the desk."""
    login = f"desk-{next(STAFF)}"
    password = staff.troth.add_staff(login, role, region="cn").reveal()
    staff.page.goto("/desk/sign-in")
    staff.type("login", login)
    staff.type("password", password)
    staff.press("main form button")


@pytest.mark.parametrize(("language", "size"), [("zh", "phone"), ("en", "desk")])
def test_two_people_at_two_desks_decide_on_an_identity(
    language: str, size: str, chromium: Browser, site: Site
) -> None:
    subject = office.someone(site.troth).subject
    case = office.review(site.troth, subject)
    link = f"main a[href='/desk/reviews/{subject}/{case}']"
    with (
        browsing(chromium, site, language=language, size=size) as one,
        browsing(chromium, site, language=language, size=size) as other,
    ):
        first, second = Person(one, site), Person(other, site)
        at_the_desk(first, "identity")
        first.press(link)
        first.press("main button[value=open]")
        expect(one.locator("main .value").first).to_be_visible()
        with one.context.expect_page() as opened:
            first.reach("main button:has(.unseen)")
            one.keyboard.press("Enter")
        expect(opened.value.locator("main img")).to_be_visible()
        first.reach("main input[name=reason]")
        one.keyboard.press("Space")
        first.press("main button[value=propose]")
        expect(one.locator("main button[value=confirm]")).to_have_count(0)
        at_the_desk(second, "identity")
        second.press(link)
        second.press("main button[value=confirm]")
        expect(other.locator(".told.good")).to_be_visible()
        expect(other.locator(link)).to_have_count(0)
    status = site.troth.realname.status(subject)
    assert status is not None
    assert status.result == "verified"


def test_a_code_is_read_out_from_the_desk(chromium: Browser, site: Site) -> None:
    member = office.someone(site.troth)
    call = office.call(site.troth, member)
    with browsing(chromium, site, size="phone") as page:
        staff = Person(page, site)
        at_the_desk(staff, "telephone")
        staff.press(f"main a[href='/desk/calls#c-{call}']")
        expect(page.get_by_text(member.phone)).to_have_count(0)
        staff.press(f"main form[action='/desk/calls/{call}'] button")
        expect(page.get_by_text(member.phone)).to_be_visible()
        staff.press("main button[value=reached]")
        expect(page.locator(".told.good")).to_be_visible()
