"""Second factors in forms: what somebody gave, and what a browser is asked for (policy 7.1, 7.2).

A code is typed without a script. A passkey needs the one small script of the house, which puts the
browser's answer into the form; without it the form does not show.
"""

import re
from typing import Final

from msgspec import Struct

from troth.app import AppCode, PasskeyAnswer, RecoveryCode
from troth.interfaces.pages.forms import ANSWER, CODE, STATE, Form
from troth.interfaces.pages.page import Call, binding, house
from troth.model.errors import Misconfigured
from troth.model.secret import Secret

Given = AppCode | RecoveryCode | PasskeyAnswer

APP: Final = re.compile(r"[0-9]{6}")
"""What an app shows; a recovery code never looks like it."""


class Asking(Struct, frozen=True, kw_only=True):
    """What a page asks a browser for, and what the form brings back with the answer."""

    options: str
    state: str


def given(request: Call, form: Form) -> Given | None:
    """Return the second factor that a form brings; nothing when it brings none."""
    if form.text(ANSWER):
        return passkey(request, form)
    code = form.text(CODE).replace(" ", "")
    if not code:
        return None
    return AppCode(code=Secret(code)) if APP.fullmatch(code) else RecoveryCode(code=Secret(code))


def passkey(request: Call, form: Form) -> PasskeyAnswer:
    """Return what a browser answered with a passkey."""
    return PasskeyAnswer(
        state=form.secret(STATE), answer=form.secret(ANSWER), browser=binding(request)
    )


def asking(
    request: Call, *, ticket: Secret | None = None, token: Secret | None = None
) -> Asking | None:
    """Ask this browser for a passkey; nothing where the service's address was not set.

    It may be any, or one of whoever a ``ticket`` or a session ``token`` is of. Raises ``NotProved``
    for one that is over.
    """
    browser = binding(request, make=True)
    try:
        asked = house(request).accounts.factors.ask(browser=browser, ticket=ticket, token=token)
    except Misconfigured:
        return None
    return Asking(options=asked.options.reveal(), state=asked.state.reveal())
