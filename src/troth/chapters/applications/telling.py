"""Codes, tokens, and what an application is told for them; each telling is recorded (4.1, 9.3c).

An application is told who somebody is (by the name it alone has for them) when it exchanges a code,
and what they let it learn when it asks for that. Both pass the gate at that moment: what was taken
back a second ago is not told any more, whatever passes are still in somebody's hands.
"""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from msgspec import Struct

from troth.chapters.applications.ending import Ending
from troth.chapters.applications.judging import Judging, caller
from troth.documents.applications import Papers
from troth.documents.applications.grants import Proved, SignIn, Word
from troth.documents.applications.passes import LIFE, Bound, Held, Kind, answers, no_pass
from troth.documents.applications.register import Application
from troth.documents.applications.scopes import (
    CONFIRMED,
    DERIVED,
    LASTING,
    OPENID,
    PAIRWISE,
    fields_of,
    known,
)
from troth.gate import Gate
from troth.model.acts import Act, Use
from troth.model.clock import SECOND, Moment
from troth.model.errors import BadInput, ConsentMissing, Erased, NotFound, NotProved, Refused
from troth.model.secret import Secret
from troth.model.standing import Fact
from troth.model.terms import SubjectId

REALNAME: Final = "realname"


class Told(Struct, frozen=True, kw_only=True):
    """What an application is handed for a code or a refresh token.

    ``access`` is good for ``lasts`` seconds; ``sub`` is the person as this application knows them,
    ``session`` what it calls the session, ``nonce`` its own word from the beginning.
    """

    application: Application
    access: Secret
    refresh: Secret | None
    lasts: int
    scopes: tuple[str, ...]
    sub: str
    session: str
    nonce: str
    proved: Proved
    at: Moment


class Claims(Struct, frozen=True, kw_only=True):
    """What an application learns of a person: values by field, and whether they were proved.

    ``confirmed`` says whether the real identity is confirmed, by ``level``: how it was checked.
    """

    sub: str
    values: dict[str, Secret]
    proved: dict[str, bool]
    confirmed: bool | None = None
    level: str = ""


class Telling:
    """Hands out passes, and tells what they are good for."""

    def __init__(self, gate: Gate, papers: Papers, judging: Judging, ending: Ending) -> None:
        self._gate = gate
        self._papers = papers
        self._judging = judging
        self._ending = ending

    # --- a code, and what it is exchanged for --------------------------------------------------

    def issue(
        self,
        subject: SubjectId,
        application: Application,
        scopes: Collection[str],
        bound: Bound,
        proved: Proved,
    ) -> Secret:
        """Return a code for an application that the person has agreed to be signed in to.

        Raises ``ConsentMissing`` where they have not.
        """
        grant = self._papers.grants.one(subject, application.id)
        if grant is None or self._judging.demand(subject, application):
            raise ConsentMissing(clause="4.1.1", remedy="ask the person")
        granted = tuple(s for s in known(scopes) if s in grant.scopes and s in application.scopes)
        at = self._gate.clock.now()
        code, keep = self._papers.passes.make("code", at=at, bound=bound)
        self._papers.grants.begin(
            subject,
            application.id,
            proved,
            granted,
            lasting=LASTING in granted,
            at=at,
            word=self._word(subject, application) if application.backchannel else None,
            also=keep,
        )
        return code

    def _word(self, subject: SubjectId, application: Application) -> Word:
        names, logouts = self._papers.names, self._papers.logouts
        sub = names.pairwise(application.sector, subject)
        return lambda name: logouts.word(application.id, sub, names.visit(application.id, name))

    def exchange(
        self, application: Application, code: Secret, *, redirect: str, verifier: str
    ) -> Told:
        """Exchange a code: once, by whom it was made for, within a minute.

        Raises ``NotProved``, alike for everything that is wrong: then the sign-in has ended, for a
        code that somebody else tries is a code that was stolen.
        """
        held = self._papers.passes.look("code", code, at=self._gate.clock.now())
        sign_in = self._own(held, application)
        bound = held.bound
        if bound.redirect != redirect or not answers(bound.challenge, verifier):
            self._ending.end(sign_in)
            raise no_pass()
        return self._hand_out("code", code, application, sign_in, sign_in.scopes, bound.nonce)

    def refresh(
        self, application: Application, token: Secret, scopes: Collection[str] = ()
    ) -> Told:
        """Exchange a refresh token for another and a new access token.

        ``scopes`` narrows what the new access token is good for. Raises ``NotProved``, and
        ``BadInput`` for a scope that was not granted.
        """
        if scopes:
            self._demand_granted(token, scopes)
        held = self._papers.passes.look("refresh", token, at=self._gate.clock.now())
        sign_in = self._own(held, application)
        wanted = known(scopes) or sign_in.scopes
        return self._hand_out("refresh", token, application, sign_in, wanted, "")

    def _demand_granted(self, token: Secret, scopes: Collection[str]) -> None:
        """Refuse more than was granted before the token is spent on it."""
        with suppress(NotProved, NotFound):
            held = self._papers.passes.check("refresh", token, at=self._gate.clock.now())
            sign_in = self._papers.grants.sign_in(held.subject, held.sign_in)
            if set(scopes) - set(sign_in.scopes):
                raise BadInput("a scope was asked for that was not granted", field="scope")

    def _own(self, held: Held, application: Application) -> SignIn:
        """Return the sign-in of a pass; end it where the pass was stolen."""
        try:
            sign_in = self._papers.grants.sign_in(held.subject, held.sign_in)
        except NotFound:
            raise no_pass() from None
        mine = sign_in.application == application.id
        if held.stolen or not mine or not self._ending.stands(sign_in):
            self._ending.end(sign_in)
            raise no_pass()
        return sign_in

    def _hand_out(
        self,
        kind: Kind,
        given: Secret,
        application: Application,
        sign_in: SignIn,
        scopes: tuple[str, ...],
        nonce: str,
    ) -> Told:
        at, bound = self._gate.clock.now(), Bound(scopes=scopes)
        self._tell(sign_in, application, (PAIRWISE,))
        wanted: dict[Kind, Bound] = {"access": bound}
        if sign_in.lasting:
            wanted["refresh"] = Bound()
        made = self._papers.passes.trade(kind, given, sign_in, wanted, at=at)
        if not made:
            # Somebody else came with it at the same time.
            self._ending.end(sign_in)
            raise no_pass()
        return Told(
            application=application,
            access=made["access"],
            refresh=made.get("refresh"),
            lasts=LIFE["access"] // SECOND,
            scopes=scopes,
            sub=self._papers.names.pairwise(application.sector, sign_in.subject),
            session=self._papers.names.visit(application.id, sign_in.id),
            nonce=nonce,
            proved=sign_in.proved,
            at=at,
        )

    # --- what an access token is good for ------------------------------------------------------

    def claims(self, access: Secret) -> Claims:
        """Tell what an access token opens, of what may be told at this moment.

        Raises ``NotProved`` for one that is wrong, late or ended, ``Refused`` where nothing may be
        told any more; then its sign-in has ended.
        """
        held = self._papers.passes.check("access", access, at=self._gate.clock.now())
        try:
            sign_in = self._papers.grants.sign_in(held.subject, held.sign_in)
            application = self._papers.register.one(sign_in.application)
            standing = self._gate.standing(held.subject)
        except (NotFound, Erased):
            raise no_pass() from None
        if not self._ending.stands(sign_in):
            raise no_pass()
        wanted = [scope for scope in held.bound.scopes if scope not in (OPENID, LASTING)]
        open_now = self._judging.offered(held.subject, application, wanted, standing)
        fields = (PAIRWISE, *fields_of(open_now))
        values = self._tell(sign_in, application, fields)
        fact = standing.facts.get(REALNAME) if CONFIRMED in fields else None
        return Claims(
            sub=self._papers.names.pairwise(application.sector, held.subject),
            values=values,
            proved={field: _proved(standing.facts.get(field)) for field in values},
            confirmed=_proved(fact) if CONFIRMED in fields else None,
            level=fact.method if fact and _proved(fact) else "",
        )

    def _tell(
        self, sign_in: SignIn, application: Application, fields: tuple[str, ...]
    ) -> dict[str, Secret]:
        """Let fields go to an application, recorded first; end the sign-in where they may not."""
        subject = sign_in.subject
        held = tuple(field for field in fields if field not in DERIVED)
        acts: list[Act] = []
        if held:
            acts.append(Use(subject=subject, fields=held, purpose=application.purpose))
        try:
            acts.insert(0, self._judging.giving(subject, application, fields))
            return self._gate.perform(*acts, by=caller(application)).values
        except (Refused, Erased) as error:
            self._ending.end(sign_in)
            raise no_pass() from error

    def give_up(self, application: Application, token: Secret) -> None:
        """End a token that its application gives back; with a refresh token the sign-in ends.

        An unknown token, or another application's, is no error and changes nothing (RFC 7009).
        """
        at, passes = self._gate.clock.now(), self._papers.passes
        for kind in ("refresh", "access"):
            try:
                held = passes.check(kind, token, at=at)
                sign_in = self._papers.grants.sign_in(held.subject, held.sign_in)
            except (NotProved, NotFound):
                continue
            if sign_in.application != application.id:
                continue
            if kind == "refresh":
                self._ending.end(sign_in, tell=False)
            else:
                passes.give_up(token)


def _proved(fact: Fact | None) -> bool:
    return fact is not None and fact.result == "verified"
