"""An office: staff of every role at their desks, and what waits for them."""

import re
import secrets
from functools import cache
from io import BytesIO
from itertools import count

from PIL import Image

from tests.interfaces.visitor import Visitor
from tests.support.letters import letters
from troth.app import Shown, Tick, Troth
from troth.chapters.minors import Request
from troth.model.acts import Actor
from troth.model.secret import Secret
from troth.model.terms import SubjectId

NAME = Secret("李娜")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SERIALS = count(1)
KEYS = ("realname/identity.id_number", "share/id-authority/realname")
PHOTO = "document.id_photo"
LINK = re.compile(r"/minors/(\S+)")


def officer(troth: Troth, role: str, language: str = "en", *, region: str = "cn") -> Visitor:
    """Return a member of staff who is signed in at the desk."""
    visitor = Visitor(troth, language)
    login = f"s{secrets.token_hex(5)}"
    password = troth.add_staff(login, role, region=region)
    page = visitor.get("/desk/sign-in")
    visitor.send(page, "/desk/sign-in", login=login, password=password.reveal())
    return visitor


def someone(troth: Troth, residence: str = "CN") -> Visitor:
    """Return somebody who has an account."""
    visitor = Visitor(troth)
    second = visitor.ask_codes(residence=residence)
    visitor.send(second, "/register/codes", **visitor.answers())
    return visitor


@cache
def paper() -> Secret:
    """Return a photograph of some paper."""
    drawn = BytesIO()
    Image.new("RGB", (600, 400), "white").save(drawn, "JPEG")
    return Secret(drawn.getvalue())


def card(ending: str) -> Secret:
    """Return another card number each time, by how it ends: an authority limits each of them."""
    for nth in SERIALS:
        body = f"110105{1970 + nth % 30}0{nth // 30 % 9 + 1}1{nth // 270 % 10}0{nth % 9}{ending[0]}"
        weighed = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
        if "10X98765432"[weighed % 11] == ending[1]:
            return Secret(body + ending[1])
    raise AssertionError("no number is left")


def unknown() -> Secret:
    """Return a number of which the register has no record."""
    return card("92")


def known() -> Secret:
    """Return a number that the register knows."""
    return card("02")


# --- what waits --------------------------------------------------------------------------------


def shown(troth: Troth) -> Shown:
    return Shown(edition=troth.gate.policy().edition.hash, language="zh", surface="centre")


def checked(troth: Troth, subject: SubjectId, number: Secret) -> str:
    """Have an identity checked; return the number of the review, if people owe one."""
    ticks = tuple(Tick(keys=(key,), ticked=True, notice="realname") for key in KEYS)
    values = {"identity.name": NAME, "identity.id_number": number}
    return troth.realname.verify(subject, values, ticks, shown=shown(troth)).case


def review(troth: Troth, subject: SubjectId) -> str:
    """Have a review wait, with the picture of a card."""
    case = checked(troth, subject, unknown())
    tick = Tick(keys=(f"realname/{PHOTO}",), ticked=True, notice="realname")
    troth.realname.attach(subject, PHOTO, paper(), (tick,), shown=shown(troth))
    return case


def request(troth: Troth, subject: SubjectId, text: str = "为什么？") -> str:
    """Have a request wait."""
    return troth.rights.desk.request(subject, "explain", text=Secret(text))


def call(troth: Troth, member: Visitor) -> str:
    """Have a call wait; return its id."""
    troth.accounts.begin_sign_in(Secret(member.phone), via="phone_call")
    troth.tick()
    by = Actor(kind="staff", id="t0", role="telephone")
    return troth.calls.waiting(by)[-1].id


def guardian(troth: Troth) -> SubjectId:
    """Have a guardian's request wait, with a paper."""
    form = Request(
        residence="CN",
        about=Secret("little_fox"),
        name=Secret("陈洁"),
        email=Secret(f"{secrets.token_hex(4)}@mail.example"),
        relation=Secret("母亲"),
        text=Secret("请告诉我"),
    )
    troth.minors.requests.ask(form)
    troth.minors.requests.prove(link(troth), paper())
    return waiting(troth)


def appeal(troth: Troth, subject: SubjectId) -> SubjectId:
    """Have somebody who was taken for a child say that they are of age."""
    troth.minors.found(subject, by=Actor(kind="staff", id="m0", role="minors"))
    troth.minors.appeal(link(troth), paper())
    return subject


def link(troth: Troth) -> str:
    """Return the newest link to a minors' page that arrived."""
    texts = [each["text"] for each in letters(troth, "email")]
    return next(found[1] for text in reversed(texts) if (found := LINK.search(text)))


def waiting(troth: Troth) -> SubjectId:
    """Return whose matter came last to the minors desk."""
    by = Actor(kind="staff", id="m0", role="minors")
    found: SubjectId = troth.minors.desk.waiting(by=by)[-1].guardian
    return found
