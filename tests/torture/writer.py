"""A program that writes as fast as it can and is killed: run as ``python -m tests.torture.writer``.

It loads everything once and then forks: for each line ``FOLDER ACKS SEED`` on its input it starts a
writer and prints its process id. A writer notes each act in the ack file *after* it was done, so
whatever stands there was acknowledged.
"""

import faulthandler
import json
import os
import random
import sys
import threading
from pathlib import Path

from troth.app import Troth, settings
from troth.model.acts import (
    AcceptTerms,
    Act,
    Admit,
    Collect,
    ConsentGiven,
    ConsentWithdrawn,
    Correct,
    Erase,
    Use,
)
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

THREADS = 3
ADDRESS, MARKETING = ("contact.address",), {"purpose": "marketing", "fields": ("contact.email",)}


class Writer:
    """Performs acts on one instance and notes which were acknowledged."""

    def __init__(self, troth: Troth, acks: int, seed: int) -> None:
        self._gate = troth.gate
        self._troth = troth
        self._acks = acks
        self._seed = seed

    def run(self) -> None:
        """Write from some threads, and tick in another, until killed."""
        for number in range(THREADS):
            threading.Thread(target=self._live, args=(number,), daemon=True).start()
        pick = random.Random(self._seed)
        while True:
            threading.Event().wait(pick.random() / 20)
            self._troth.tick()
            if pick.random() < 0.3:
                self._troth.rotate_keys()

    def _live(self, number: int) -> None:
        pick = random.Random(f"{self._seed}-{number}")
        subject = self._admit(pick)
        while True:
            subject = self._step(subject, pick) or self._admit(pick)

    def _admit(self, pick: random.Random) -> SubjectId:
        subject = self._gate.new_subject(pick.choice(("CN", "EEA")))
        home = {"cn": ("CN", ("cn",)), "global": ("EEA", ("eu",))}[subject.region]
        mail = Secret(f"{pick.randbytes(8).hex()}@mail.example")
        self._do(
            Admit(subject=subject, residence=home[0], regimes=home[1], age=AgeBand.ADULT),
            AcceptTerms(
                subject=subject, edition=self._gate.policy().hash, language="zh", means="button"
            ),
            Collect(subject=subject, values={"contact.email": mail}, purpose="account"),
        )
        return subject

    def _step(self, subject: SubjectId, pick: random.Random) -> SubjectId | None:
        """Do one thing to a subject; ``None`` when that was the end of them."""
        value = {"contact.address": Secret(pick.randbytes(20).hex())}
        acts: list[Act] = [
            ConsentGiven(subject=subject, to="marketing"),
            ConsentWithdrawn(subject=subject, to="marketing"),
            Use(subject=subject, **MARKETING),
            Collect(subject=subject, values=value, purpose="account"),
            Correct(subject=subject, values=value, purpose="account"),
            Erase(subject=subject, fields=ADDRESS),
            Erase(subject=subject),
        ]
        act = pick.choices(acts, weights=(4, 2, 4, 4, 2, 2, 1))[0]
        self._do(act)
        return None if isinstance(act, Erase) and act.fields == ("*",) else subject

    def _do(self, *acts: Act) -> None:
        try:
            outcome = self._gate.perform(*acts, key=os.urandom(8).hex())
        except TrothError:
            return
        last = acts[-1]
        ended = isinstance(last, Erase) and last.fields == ("*",)
        told = {"subject": str(last.subject), "entries": outcome.entries, "ended": ended}
        os.write(self._acks, (json.dumps(told) + "\n").encode())


def serve() -> None:
    """Fork a writer for each line of input."""
    for line in sys.stdin:
        folder, acks, seed = line.split()
        child = os.fork()
        if child == 0:
            # A writer lives for a moment: one that is still here hangs, and says where.
            faulthandler.enable()
            faulthandler.dump_traceback_later(15)
            handle = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            Writer(Troth(settings.load(Path(folder))), handle, int(seed)).run()
        print(child, flush=True)
        _, how = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(how), flush=True)


if __name__ == "__main__":
    serve()
