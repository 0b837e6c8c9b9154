"""The menus: one for everybody, and a second level inside a section of the pages (9.1, 11.4).

The two lists, of what is collected and of who receives it, stand in every second level.
"""

from typing import Final

from msgspec import Struct

Links = tuple[tuple[str, str], ...]
"""Pairs of an address and the key of its text."""
LISTS: Final[Links] = (
    ("/policy/collected", "list_collected"),
    ("/policy/shared", "list_shared"),
)


class Group(Struct, frozen=True):
    """A few links under a heading; ``key`` is the heading's text, or empty where there is none."""

    key: str
    links: Links


class Section(Struct, frozen=True, kw_only=True):
    """A part of the pages with a menu of its own.

    ``key`` names it; ``root`` is the address that it and all below it belong to.
    """

    key: str
    root: str
    groups: tuple[Group, ...]

    @property
    def links(self) -> Links:
        """Every link, in order."""
        return tuple(link for group in self.groups for link in group.links)


MINE: Final = Section(
    key="menu_me",
    root="/me",
    groups=(
        Group("", (("/me", "menu_start"),)),
        Group(
            "menu_see",
            (
                ("/me/trail", "who_looked"),
                ("/me/papers", "menu_papers"),
                *LISTS,
            ),
        ),
        Group(
            "menu_decide",
            (
                ("/me/consents", "consents"),
                ("/me/applications", "menu_applications"),
                ("/me/limits", "menu_limits"),
                ("/me/elsewhere", "menu_elsewhere"),
                ("/me/correct", "menu_correct"),
                ("/me/copy", "menu_copy"),
                ("/me/move", "menu_move"),
                ("/me/requests", "menu_requests"),
                ("/me/complain", "menu_complain"),
            ),
        ),
        Group(
            "menu_account",
            (
                ("/me/contact", "menu_contact"),
                ("/me/realname", "do_realname"),
                ("/me/security", "menu_security"),
                ("/me/password", "menu_password"),
                ("/me/sessions", "menu_sessions"),
                ("/me/cancel", "do_cancel"),
            ),
        ),
    ),
)
BOOK: Final = Section(
    key="menu_policy",
    root="/policy",
    groups=(
        Group(
            "",
            (
                ("/policy", "menu_text"),
                ("/policy/changes", "policy_changes"),
                ("/policy/editions", "changes_editions"),
            ),
        ),
        Group("menu_lists", LISTS),
        Group(
            "menu_also",
            (("/rights", "rights_title"), ("/cookies", "cookies"), ("/clauses", "board")),
        ),
    ),
)
ALSO: Final = ("/rights", "/cookies", "/clauses")
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
