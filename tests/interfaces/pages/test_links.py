"""Links that lead away: every one is marked and said to be outside (1.2, 10.5)."""

import re
from html import unescape

import pytest

from tests.chapters.retention.terms import edition
from tests.interfaces.centre.test_mine import OWN
from tests.interfaces.entrance.test_reading import PAGES
from tests.interfaces.visitor import BASE, Visitor
from troth import app
from troth.app import Troth
from troth.interfaces.pages.words import REL

LINK = re.compile(r"<a\b[^>]*>")
OUTSIDE = "https://partner.example/terms"
NOTICE = {"zh": "外部网站，不适用本政策，我们不为其背书", "en": "this policy does not apply there"}


def unmarked(page: str, hosts: frozenset[str]) -> list[str]:
    """Return the links of a page that lead to another site and do not say so."""
    found = []
    for tag in LINK.findall(page):
        href = re.search(r'href="(?:https?:)?//([^/"]+)', tag)
        if href and href[1] not in hosts and f'rel="{REL}"' not in tag:
            found.append(tag)
    return found


def hosts_of(troth: Troth) -> frozenset[str]:
    services = troth.gate.policy().edition.services.values()
    return frozenset({BASE.partition("://")[2], *(host for one in services for host in one.hosts)})


@pytest.mark.clause("1.2a")
def test_the_lint_finds_a_link_that_is_not_marked() -> None:
    bare = f'<p><a class="x" href="{OUTSIDE}">terms</a> <a href="/me">mine</a></p>'
    assert unmarked(bare, frozenset({"centre.test"})) == [f'<a class="x" href="{OUTSIDE}">']
    assert unmarked(bare, frozenset({"partner.example"})) == []


@pytest.mark.clause("1.2a")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_has_a_link_that_leads_away_unmarked(language: str, member: Visitor) -> None:
    hosts = hosts_of(member.troth)
    for path in (*PAGES, *OWN):
        page = member.get(path if "?" in path else f"{path}?lang={language}").text
        assert LINK.search(page), path
        assert unmarked(page, hosts) == [], path


@pytest.mark.clause("1.2a")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_address_outside_that_the_policy_names_is_marked_with_the_notice(language: str) -> None:
    old = {"zh": "zh: 我们对服务的使用情况进行统计", "en": "We count how our services are used"}
    with app.memory() as troth:
        troth.publish(edition((old[language], f"{old[language]} {OUTSIDE} ")))
        page = unescape(Visitor(troth, language).get("/policy").text)
        assert unmarked(page, hosts_of(troth)) == []
        mark = page.index(f'href="{OUTSIDE}" rel="{REL}"')
        assert NOTICE[language] in page[mark : mark + 250]
