"""Rights asked for without an account, a sign-in or a cookie: taken as a mail is (3.2, 9.1, 9.7)."""

import re

import pytest

from tests.interfaces.visitor import BASE, Visitor
from tests.support.letters import letters
from troth.app import Troth

PLACE = "/rights"


def ask(visitor: Visitor, **changed: str):
    """Send the form as a browser without cookies would."""
    fields = {"kind": "delete", "email": visitor.email, "text": "Please delete what you hold."}
    visitor.client.cookies.clear()
    return visitor.client.post(PLACE, data=fields | changed, headers={"origin": BASE})


def number(page: str) -> str:
    found = re.search(r'<strong class="value">([^<]+)</strong>', page)
    assert found, page
    return found[1]
