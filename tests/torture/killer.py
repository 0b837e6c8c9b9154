"""Starts programs that work on an instance, and kills them where they stand (F1)."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Killer:
    """Starts workers and kills them; ``said`` is where they write what they fail of.

    ``program`` is a module that starts a worker for every line it reads. A worker puts what it has
    acknowledged at the end of a file; within ``seconds`` after its first word it is killed.
    """

    def __init__(
        self, program: str, said: Path, environment: Mapping[str, str], *, seconds: float
    ) -> None:
        self._said = said
        self._seconds = seconds
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said.open("w"),
            text=True,
            env={**os.environ, **environment},
        )

    def strike(self, folder: Path, acks: Path, pick: random.Random, *more: object) -> None:
        """Let a worker say its first word, then kill it at some moment."""
        assert self._zygote.stdin
        assert self._zygote.stdout
        before = size(acks)
        print(folder, acks, *more, file=self._zygote.stdin, flush=True)
        child = int(self._zygote.stdout.readline())
        limit = time.monotonic() + 30
        while time.monotonic() < limit and size(acks) == before:
            time.sleep(0.002)
        time.sleep(pick.random() * self._seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        ended = int(self._zygote.stdout.readline())
        assert self._said.read_text() == "", "a worker failed before it was killed"
        assert ended == -signal.SIGKILL
        assert size(acks) > before, "this worker wrote nothing"

    def close(self) -> None:
        """End the program that starts workers."""
        assert self._zygote.stdin
        self._zygote.stdin.close()
        self._zygote.wait(10)


def size(acks: Path) -> int:
    """Return how long a file is; 0 where there is none."""
    return acks.stat().st_size if acks.exists() else 0
