"""A program that erases in two databases and is killed: run as ``python -m tests.torture.eraser``.

It loads everything once and then forks: for each line ``FOLDER ACKS`` on its input it starts an
eraser and prints its process id. An eraser notes each person in the ack file *before* it erases
them, so whoever stands there may be half erased, and nobody else is.
"""

import faulthandler
import os
import sys
from pathlib import Path

from troth.app import Troth, settings
from troth.model.acts import Erase
from troth.model.clock import MINUTE, SetClock, SystemClock
from troth.model.terms import SubjectId

PEOPLE = "people"


def run(folder: Path, acks: int) -> None:
    """Erase whoever is left, one by one, and tick in between, until killed."""
    clock = SetClock(SystemClock().now())
    with Troth(settings.load(folder), clock=clock) as troth:
        waiting = [SubjectId(line) for line in (folder / PEOPLE).read_text().split()]
        here = set(troth.gate.subjects())
        for subject in waiting:
            if subject in here:
                os.write(acks, f"{subject}\n".encode())
                troth.gate.perform(Erase(subject=subject))
            clock.forward(seconds=6 * MINUTE / 1000)
            troth.gate.tick()
        os.write(acks, b"all\n")
        sys.stdin.read()


def serve() -> None:
    """Fork an eraser for each line of input."""
    for line in sys.stdin:
        folder, acks = line.split()
        child = os.fork()
        if child == 0:
            faulthandler.enable()
            faulthandler.dump_traceback_later(20)
            run(Path(folder), os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        print(child, flush=True)
        _, how = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(how), flush=True)


if __name__ == "__main__":
    serve()
