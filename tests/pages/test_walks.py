"""A person's way through the centre in a real browser: scripts off, by keyboard, phone and desk."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.site import PASSWORD, Person, Site, browsing

pytestmark = pytest.mark.browser
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


def see(person: Person) -> None:
    """Have every value shown; the password is asked for in between."""
    page = person.page
    expect(page.get_by_text(person.email)).to_have_count(0)
    person.press("main form[action='/me/show'] button")
    person.step_up()
    expect(page.get_by_text(person.email)).to_be_visible()


def withdraw(person: Person) -> None:
    """Take the consent back that was given on registering, in one step."""
    person.press("header a[href='/me/consents']")
    person.press("main button[value=withdraw]")
    expect(person.page.locator("main button[value=withdraw]")).to_have_count(0)
    expect(person.page.locator(".told.good")).to_be_visible()


def copy(person: Person, to: Path) -> None:
    """Take a copy; the password was given a moment ago and is not asked for again."""
    person.page.goto("/me/copy")
    person.reach("main form button")
    with person.page.expect_download() as download:
        person.page.keyboard.press("Enter")
    download.value.save_as(to)
    with zipfile.ZipFile(to) as archive:
        assert person.email in archive.read("data.json").decode()


def cancel(person: Person) -> None:
    """End the account: plan, box, button, certificate."""
    person.page.goto("/me/cancel")
    person.tick("understood")
    person.press("main button.grave")
    expect(person.page.locator(".told.good")).to_be_visible()
    expect(person.page.locator("main table td").first).to_be_visible()


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
        person.press("header a[href='/me/trail']")
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
