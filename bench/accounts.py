"""Accounts: register and sign in, beside the hash alone and beside django-allauth, all in process.

A pair is what a person's second form does (age, password, agreement, two codes, one passage of the
gate, a session) and one sign-in by password. The codes are sent and delivered before the clock
starts, as they are before a person types them; what asking for them costs is a row of its own.
"""

import base64
import hashlib
import itertools
import re
from pathlib import Path
from typing import Final

from bench import people
from bench.harness import Args, Contender, Timed, interleave
from bench.peer.accounts import Site
from bench.plan import Plan
from bench.report import OURS, Fact, Findings, Goal, rows_of, verdict
from bench.sketch import accounts as sketch
from troth import app
from troth.app import Begun, Bound, Proved, Registration, Said, Shown, Troth
from troth.app.settings import load
from troth.egress.channels import MemoryChannel, by_name
from troth.interfaces.oidc.programs import handed
from troth.interfaces.oidc.provider import Provider
from troth.model.clock import SetClock
from troth.model.secret import Secret
from troth.model.terms import SubjectId

GROUP: Final = "accounts"
PEER: Final = "allauth"
PASSWORD: Final = "seven kettles in the rain"
EXCHANGE: Final = "exchange a code for tokens"
VERIFIER: Final = "a-verifier-has-forty-three-characters-or-more"
CHALLENGE: Final = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
SHOP: Final = Said(
    name="Shop",
    operator="Shop Ltd",
    contact="privacy@shop.example",
    recipient="affiliates-cn",
    redirects=("https://shop.example/back",),
    scopes=("openid", "email"),
)
PAIR: Final = "register and sign in"
MOST_TICKS: Final = 50
STRIDE: Final = 104_729
"""Numbers far apart: a run of neighbours looks like somebody who makes us pay for messages."""
CODE: Final = re.compile(r"[0-9]{6}")
BOUND: Final = Goal(of="x", bound="<=", limit=1 / 0.85, against="sketch")
BEYOND_THE_HASH: Final = Goal(of="ms", bound="<=", limit=3.0)
FASTER: Final = Goal(of="x", bound="<=", limit=1.0, against=PEER)


class Front:
    """An instance whose messages are caught, and people who are about to register."""

    def __init__(self, folder: Path) -> None:
        app.create(folder).close()
        self.post = {name: MemoryChannel(name) for name in ("email", "sms")}
        # Newcomers come half a minute apart, or the house would slow them down.
        self.clock = SetClock(people.AT)
        self.troth: Troth = Troth(
            load(folder), clock=self.clock, channels=by_name(*self.post.values())
        )
        self.shown = Shown(
            edition=self.troth.gate.policy().edition.hash, language="en", surface="bench"
        )
        self._numbers = itertools.count()

    def newcomers(self, calls: int) -> list[Args]:
        """Return addresses that nobody has used yet."""
        self.clock.forward(seconds=30 * calls)
        return [
            (
                Secret(f"newcomer{number}@example.com"),
                Secret(f"+8613{number * 104_729 % 10**9:09d}"),
            )
            for number in itertools.islice(self._numbers, calls)
        ]

    def begin(self, email: Secret, phone: Secret) -> Begun:
        """Ask for the two codes of a registration."""
        return self.troth.accounts.begin_registration(email, phone, language="en")

    def forms(self, calls: int) -> list[Args]:
        """Return filled-in forms, with the codes that arrived."""
        return [(self._form(email, phone),) for email, phone in self.newcomers(calls)]

    def _form(self, email: Secret, phone: Secret) -> Registration:
        begun = self.begin(email, phone)
        return Registration(
            begun=begun,
            residence="CN",
            shown=self.shown,
            means="checkbox",
            confirmed=True,
            email=email,
            email_code=self._code("email", email),
            phone=phone,
            phone_code=self._code("sms", phone),
            password=Secret(PASSWORD),
            password_confirm=Secret(PASSWORD),
            born=Secret("1990-02-28"),
        )

    def _code(self, channel: str, address: Secret) -> Secret:
        for _ in range(MOST_TICKS):
            for message in reversed(self.post[channel].sent):
                found = CODE.search(message.text.reveal())
                if message.address == address and found:
                    return Secret(found[0])
            self.troth.tick()
        raise RuntimeError(f"no code arrived by {channel}")

    def member(self) -> tuple[SubjectId, str]:
        """Let one more person open an account; return them and their address."""
        (form,) = self.forms(1)[0]
        return self.troth.accounts.register(form).subject, form.email.reveal()

    def pair(self, form: Registration) -> None:
        """Open an account and sign in to it."""
        self.troth.accounts.register(form)
        self.troth.accounts.sign_in(form.email, form.password)

    def check(self, token: Secret) -> object:
        """Say who is signed in, as every request does."""
        return self.troth.accounts.who(token)


def run(plan: Plan, folder: Path) -> Findings:
    """Time pairs, the first step, and the check of a session."""
    found = Findings(group=GROUP)
    front, site = Front(folder / "troth"), Site(folder)
    numbers = itertools.count()

    def strangers(calls: int) -> list[Args]:
        return [(f"s{number}@example.com", PASSWORD) for number in itertools.islice(numbers, calls)]

    pairs = interleave(
        [
            Contender(name=OURS, n=1, call=front.pair, supply=front.forms, most=8),
            Contender(name=PEER, n=1, call=site.pair, supply=strangers, most=8),
            Contender(
                name="sketch",
                n=1,
                call=sketch.pair,
                supply=lambda calls: [(PASSWORD.encode(),)] * calls,
                most=8,
            ),
        ],
        plan.pace,
        "cpu",
    )
    found.rows += rows_of(GROUP, PAIR, pairs, (BOUND, FASTER))
    found.facts.append(_beyond(pairs))
    begun = Contender(name=OURS, n=1, call=front.begin, supply=front.newcomers, most=200)
    found.rows += rows_of(GROUP, "ask for two codes", interleave([begun], plan.pace, "wall"), ())
    (form,) = front.forms(1)[0]
    token = front.troth.accounts.register(form).token
    checked = Contender(
        name=OURS, n=1, call=front.check, supply=lambda calls: [(token,)] * calls, most=5_000
    )
    found.rows += rows_of(GROUP, "check a session", interleave([checked], plan.pace, "wall"), ())
    found.rows += rows_of(GROUP, EXCHANGE, interleave([exchanging(front)], plan.pace, "wall"), ())
    front.troth.close()
    return found


def exchanging(front: Front) -> Contender:
    """Let somebody sign in at an application, and exchange code after code for signed tokens."""
    troth = front.troth
    made, _ = troth.applications.add(SHOP)
    troth.agree(
        SHOP.recipient,
        reference="C-1",
        purposes=("sign_in",),
        fields=("account", "contact", "identity"),
    )
    (form,) = front.forms(1)[0]
    welcome = troth.accounts.register(form)
    session, _ = troth.accounts.who(welcome.token)
    question = troth.applications.question(welcome.subject, made, made.scopes)
    troth.applications.agree(
        welcome.subject, question, ticked=("email",), keys=question.keys, shown=front.shown
    )
    bound = Bound(redirect=SHOP.redirects[0], challenge=CHALLENGE, nonce="n")
    proved = Proved(session=session.id, at=session.made, means=("pwd",))
    provider = Provider(troth)

    def codes(calls: int) -> list[Args]:
        issue = troth.applications.issue
        return [(issue(welcome.subject, made, made.scopes, bound, proved),) for _ in range(calls)]

    def exchange(code: Secret) -> None:
        told = troth.applications.exchange(
            made, code, redirect=SHOP.redirects[0], verifier=VERIFIER
        )
        handed(provider, told)

    return Contender(name=OURS, n=1, call=exchange, supply=codes, most=50)


def _beyond(pairs: Timed) -> Fact:
    """Tell what a pair costs beyond the two hashes, in milliseconds of processor time."""
    ours, floor = (pairs.figure(name, 1).median_us for name in (OURS, "sketch"))
    value = (ours - floor) / 1e3
    return Fact(
        group=GROUP,
        operation="beyond the hashes, for a pair",
        value=value,
        unit="ms",
        verdicts=[verdict(BEYOND_THE_HASH, value)],
    )
