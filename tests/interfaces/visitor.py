"""A visitor of the centre without a browser: keeps cookies, sends forms as a page would."""

import re
from html.parser import HTMLParser
from itertools import count
from typing import Any, Final

from httpx import Response
from litestar.testing import TestClient

from tests.support.letters import last_code
from troth.app import Troth
from troth.interfaces.server import application
from troth.model.secret import Secret
from troth.model.terms import SubjectId

BASE: Final = "https://centre.test"
PASSWORD: Final = "teapot under a blue moon"
NTH: Final = count(1)


class Reader(HTMLParser):
    """Reads what a page's forms would send: every hidden field, by the form's action."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, and the hidden fields in it."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        elif tag == "input" and found.get("type") == "hidden" and self.forms:
            self.forms[-1][1][found["name"]] = found.get("value", "")


def hidden(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the page's first form with an action."""
    reader = Reader()
    reader.feed(page)
    return next(fields for where, fields in reader.forms if where == action)


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, troth: Troth, language: str = "zh") -> None:
        self.troth = troth
        nth = next(NTH)
        self.email = f"visitor{nth}@example.com"
        self.phone = f"+86139{nth:08}"
        self.client: TestClient[Any] = TestClient(application(troth), base_url=BASE)
        self.client.headers["accept-language"] = {"zh": "zh-CN", "en": "en-GB"}[language]
        self.client.headers["accept"] = "text/html"

    def get(self, path: str, *, follow: bool = True) -> Response:
        """Open a page."""
        return self.client.get(path, follow_redirects=follow)

    def post(
        self, path: str, fields: dict[str, str] | None = None, *, follow: bool = True
    ) -> Response:
        """Send fields as they are, as a page of ours would send them."""
        return self.client.post(
            path, data=fields or {}, headers={"origin": BASE}, follow_redirects=follow
        )

    def send(self, page: Response, action: str, *, follow: bool = True, **fields: str) -> Response:
        """Fill in a form of a page and send it."""
        return self.post(action, {**hidden(page.text, action), **fields}, follow=follow)

    # --- walks ---------------------------------------------------------------------------------

    def ask_codes(self, **changed: str) -> Response:
        """Take the first step of a registration."""
        fields = {"residence": "CN", "contact.email": self.email, "contact.phone": self.phone}
        return self.send(self.get("/register"), "/register", **fields | changed)

    def answers(self, **changed: str) -> dict[str, str]:
        """Return a good second step, with the codes that arrived."""
        fields = {
            "email_code": last_code(self.troth, "email"),
            "phone_code": last_code(self.troth, "sms"),
            "born_year": "1990",
            "born_month": "2",
            "born_day": "28",
            "password": PASSWORD,
            "password_confirm": PASSWORD,
            "terms": "yes",
            "answer": "agree",
        }
        return {name: value for name, value in (fields | changed).items() if value}

    def register(self, **changed: str) -> Response:
        """Open an account; return the page that follows."""
        second = self.ask_codes()
        return self.send(second, "/register/codes", **self.answers(**changed))

    @property
    def subject(self) -> SubjectId:
        """Who is signed in here."""
        token = Secret(self.client.cookies["__Host-troth"])
        return self.troth.accounts.who(token)[0].subject

    def step_up(self, page: Response, action: str) -> Response:
        """Enter the password on the page that asks for it once more."""
        return self.send(page, action, current_password=PASSWORD)


def field(page: str, name: str) -> str:
    """Return the tag of a page's own input by its name."""
    page = page.partition("<main")[2]
    found = re.search(rf'<(?:input|select)[^>]* name="{re.escape(name)}"[^>]*>', page)
    assert found, f"no field {name}"
    return found[0]


def classes_of(base: type[Any]) -> list[type[Any]]:
    """Return a class's children and theirs, in the order they were written."""
    return [kind for child in base.__subclasses__() for kind in (child, *classes_of(child))]
