"""The menus: one for everybody, and a second level inside a section of the pages (9.1, 11.4).

The two lists, of what is collected and of who receives it, stand in every second level.
"""

from typing import Final

from msgspec import Struct

LISTS: Final = (("/policy/collected", "list_collected"), ("/policy/shared", "list_shared"))


class Section(Struct, frozen=True, kw_only=True):
    """A part of the pages with a menu of its own.

    ``key`` names it; ``root`` is the address that it and all below it belong to; ``links`` are
    pairs of an address and the key of its text; ``lists`` are the two lists, under their heading.
    """

    key: str
    root: str
    links: tuple[tuple[str, str], ...]
    lists: tuple[tuple[str, str], ...] = LISTS


MINE: Final = Section(
    key="menu_me",
    root="/me",
    links=(
        ("/me", "menu_start"),
        ("/me/trail", "who_looked"),
        ("/me/consents", "consents"),
        ("/me/applications", "menu_applications"),
        ("/me/requests", "menu_requests"),
        ("/me/correct", "menu_correct"),
        ("/me/limits", "menu_limits"),
        ("/me/copy", "menu_copy"),
        ("/me/move", "menu_move"),
        ("/me/papers", "menu_papers"),
        ("/me/complain", "menu_complain"),
        ("/me/contact", "menu_contact"),
        ("/me/realname", "do_realname"),
        ("/me/security", "menu_security"),
        ("/me/password", "menu_password"),
        ("/me/sessions", "menu_sessions"),
        ("/me/cancel", "do_cancel"),
    ),
)
BOOK: Final = Section(
    key="menu_policy",
    root="/policy",
    links=(
        ("/policy", "menu_text"),
        ("/policy/changes", "policy_changes"),
        ("/policy/editions", "changes_editions"),
        ("/cookies", "cookies"),
        ("/clauses", "board"),
    ),
)
ALSO: Final = ("/cookies", "/clauses")
"""Addresses outside ``/policy`` that belong to its section all the same."""


def section(path: str, who: str) -> Section | None:
    """Return the section that an address belongs to, for a visitor (``""``), subject or staff.

    >>> section("/me/consents", "subject").key
    'menu_me'
    >>> section("/sign-in", "") is None
    True
    """
    if who == "subject" and (path == "/" or _below(path, MINE.root)):
        return MINE
    if _below(path, BOOK.root) or any(_below(path, root) for root in ALSO):
        return BOOK
    return None


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
