"""The addresses of the console: all for staff, each for the roles of its desk (policy 7.1)."""

from typing import Final

from troth.interfaces.console import (
    calls,
    changes,
    databases,
    desk,
    letters,
    minors,
    paper,
    powers,
    queue,
    requests,
    retention,
    reviews,
    tellings,
)
from troth.interfaces.console.areas import (
    CALLS,
    CHANGES,
    DATABASES,
    MINORS,
    PAPER,
    REQUESTS,
    REVIEWS,
    TELLINGS,
    TERMS,
    changing,
    reading,
)
from troth.interfaces.pages.binding import Addresses

REQUEST: Final = "/desk/requests/{subject:str}/{number:str}"
SENT: Final = f"{REQUEST}/code/{{whose:str}}/{{challenge:str}}"
"""A request while a code is on its way; whose, and what it answers."""
REVIEW: Final = "/desk/reviews/{subject:str}/{case:str}"
PICTURE: Final = f"{REVIEW}/picture"
NEW: Final = "/desk/changes/{subject:str}"
CHANGE: Final = "/desk/changes/{subject:str}/{case:str}"
CALL: Final = "/desk/calls/{call:str}"
OUTCOME: Final = f"{CALL}/outcome"
MATTER: Final = "/desk/minors/{guardian:str}"

CONSOLE: Final = Addresses(
    read=(
        ("/desk", desk.desk),
        ("/desk/sign-in", desk.sign_in_form),
        (REQUESTS.root, reading(REQUESTS, "area.requests", queue.requests)),
        (queue.TABLE, reading(REQUESTS, "area.requests", queue.table)),
        (queue.FIGURES, reading(REQUESTS, "figures_title", queue.figures)),
        (SENT, reading(REQUESTS, "request_one", requests.one)),
        (letters.PLACE, reading(REQUESTS, "letter_title", letters.letter_form)),
        (powers.PLACE, reading(REQUESTS, "powers_title", powers.power_form)),
        (REQUEST, reading(REQUESTS, "request_one", requests.one)),
        (REVIEWS.root, reading(REVIEWS, "area.reviews", reviews.reviews)),
        (REVIEW, reading(REVIEWS, "review_one", reviews.review)),
        (CHANGES.root, reading(CHANGES, "area.changes", changes.changes)),
        (NEW, reading(CHANGES, "change_new", changes.propose_form)),
        (CHANGE, reading(CHANGES, "change_one", changes.change)),
        (CALLS.root, reading(CALLS, "area.calls", calls.calls)),
        (DATABASES.root, reading(DATABASES, "area.databases", databases.databases)),
        (databases.ONE, reading(DATABASES, "databases_one", databases.one)),
        (TELLINGS.root, reading(TELLINGS, "area.recipients", tellings.tellings)),
        (MINORS.root, reading(MINORS, "area.minors", minors.minors)),
        (MATTER, reading(MINORS, "minors_one", minors.matter)),
        (minors.FINDING, reading(MINORS, "finding_title", minors.finding_form)),
        (TERMS.root, reading(TERMS, "area.terms", retention.terms)),
        (PAPER.root, reading(PAPER, "area.paper", paper.papers)),
        (paper.ONE, reading(PAPER, "paper_one", paper.paper)),
    ),
    change=(
        ("/desk/sign-in", desk.sign_in),
        ("/desk", desk.look),
        (letters.PLACE, changing(REQUESTS, "letter_title", letters.enter)),
        (powers.PLACE, changing(REQUESTS, "powers_title", powers.enter)),
        (REQUEST, changing(REQUESTS, "request_one", requests.act)),
        (REVIEW, changing(REVIEWS, "review_one", reviews.act)),
        (PICTURE, changing(REVIEWS, "picture_title", reviews.picture)),
        (NEW, changing(CHANGES, "change_new", changes.propose)),
        (CHANGE, changing(CHANGES, "change_one", changes.confirm)),
        (CALL, changing(CALLS, "call_title", calls.take)),
        (OUTCOME, changing(CALLS, "call_title", calls.report)),
        (databases.ORDER, changing(DATABASES, "area.databases", databases.hurry)),
        (tellings.ONE, changing(TELLINGS, "area.recipients", tellings.done)),
        (MATTER, changing(MINORS, "minors_one", minors.act)),
        (minors.FINDING, changing(MINORS, "finding_title", minors.find)),
        (TERMS.root, changing(TERMS, "area.terms", retention.act)),
        (PAPER.root, changing(PAPER, "area.paper", paper.enter)),
        (paper.ONE, changing(PAPER, "paper_one", paper.act)),
    ),
)
