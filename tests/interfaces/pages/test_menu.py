"""The menus: every link leads to a page that is there, and the page one is on is marked."""

import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.interfaces.pages.menu import BOOK, LISTS, MINE, Section, section


@pytest.mark.parametrize("part", [BOOK, MINE], ids=lambda part: part.key)
def test_every_link_of_a_menu_leads_to_a_page(part: Section, member: Visitor) -> None:
    for address, _ in part.links:
        assert (address, member.get(address, follow=False).status_code) == (address, 200)


@pytest.mark.parametrize("part", [BOOK, MINE], ids=lambda part: part.key)
def test_the_two_lists_stand_in_every_second_menu(part: Section) -> None:
    assert set(LISTS) <= set(part.links)


def test_a_menu_marks_the_page_one_is_on_and_the_section_above_it(member: Visitor) -> None:
    page = member.get("/me/consents").text
    marked = re.findall(r'href="([^"]+)" aria-current="([^"]+)"', page)
    assert marked == [("/me", "true"), ("/me/consents", "page")]


def test_who_is_not_signed_in_has_no_menu_of_their_own_data(troth: Troth) -> None:
    assert 'class="sub"' not in Visitor(troth).get("/").text
    assert 'href="/me/trail"' not in Visitor(troth).get("/policy").text


@pytest.mark.parametrize(
    ("path", "who", "found"),
    [
        ("/", "subject", MINE),
        ("/me/copy", "subject", MINE),
        ("/meadow", "subject", None),
        ("/clauses/9.3b", "", BOOK),
        ("/policy", "staff", BOOK),
        ("/register", "", None),
        ("/desk", "staff", None),
    ],
)
def test_an_address_belongs_to_one_section_or_none(
    path: str, who: str, found: Section | None
) -> None:
    assert section(path, who) == found
