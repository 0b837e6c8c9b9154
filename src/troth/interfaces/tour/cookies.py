"""The tour's step about cookies: a choice is honoured, and so is a privacy signal (3.1, 9.6)."""

from collections.abc import Callable
from typing import Final

from troth.interfaces.cookies.banner import ANSWER
from troth.interfaces.cookies.words import say
from troth.interfaces.pages.choice import TAKEN
from troth.interfaces.tour.stage import Stage
from troth.interfaces.tour.visit import visit
from troth.model.cookies import COOKIE, ESSENTIAL, HEADER, ON

PAGE: Final = "/?lang=en"
BANNER: Final = f'name="{ANSWER}"'


def a_choice_about_cookies(stage: Stage) -> None:
    """Refuse in the banner, allow all, and send Global Privacy Control."""
    first = visit(stage.troth, PAGE)
    stage.check(
        "the banner asks, and nothing was set before an answer",
        BANNER in first.text and COOKIE not in first.cookies,
    )
    refused = _chosen(stage, "none")
    allowed = stage.troth.cookies.decide(refused, signal=False).allowed
    stage.check("refused: only what is needed is set", allowed == {ESSENTIAL}, ", ".join(allowed))
    again = visit(stage.troth, PAGE, headers={"cookie": f"{COOKIE}={refused}"})
    stage.check("the banner does not ask again", again.status == 200 and BANNER not in again.text)
    receipt = refused.split(".")[3]
    proof = stage.troth.cookies.prove(receipt)
    stage.check(
        "the receipt proves the choice, and the entry is about nobody",
        not proof.given and proof.refused,
        f"refused {', '.join(proof.refused)}: entry {proof.entry[:16]}…",
    )
    _signalled(stage)


def _chosen(stage: Stage, answer: str) -> str:
    """Answer the banner; return the cookie in which the browser keeps that."""
    return visit(stage.troth, TAKEN, form={ANSWER: answer}).cookies.get(COOKIE, "1.0.0.")


def _signalled(stage: Stage) -> None:
    """Send the header to a page: it is told, counted, and stands above an older yes."""
    cookies = stage.troth.cookies
    given, wanted = _chosen(stage, "all"), cookies.register().signalled
    before = cookies.decide(given, signal=False).allowed
    stage.check("allowed: every category is set", wanted < before, ", ".join(sorted(before)))
    heard = _heard(stage)
    page = visit(stage.troth, PAGE, headers={HEADER: ON})
    stage.check(
        "with Global Privacy Control the page says that it is honoured; it is counted, by day",
        say("signal", "en") in page.text and _heard(stage) == heard + 1,
    )
    told = cookies.decide("", signal=True)
    stage.check(
        "with it nothing that profiles or goes to others is set",
        wanted and not told.allowed & wanted,
        f"off: {', '.join(sorted(wanted))}",
    )
    counts = {f"{name} {answer}": count for (name, answer), count in cookies.choices().items()}
    stage.check(
        "choices are counted by category and answer",
        all(counts.get(f"{name} refused") and counts.get(f"{name} given") for name in wanted),
        ", ".join(f"{name}: {count}" for name, count in counts.items()),
    )


def _heard(stage: Stage) -> int:
    return sum(times for _, _, times in stage.troth.cookies.heard())


STEP: Final[tuple[str, Callable[[Stage], None]]] = (
    "Cookies: a choice in the banner is honoured, and so is Global Privacy Control.",
    a_choice_about_cookies,
)
