"""Takes a form that was sent: its fields and files, in memory, and its turn to be worked on (A11).

Nothing that is sent touches a disk here: what is kept is sealed first. A form that carries a
password waits for its turn without holding a thread, so that a storm of sign-ins leaves the threads
to everybody else (7.1).
"""

import io
import os
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, fail_after, to_thread
from multipart import MultipartError, MultipartParser, parse_options_header

from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page
from troth.model.errors import BadInput, TooMany

FIELDS: Final = 200
FILES: Final = "multipart/form-data"
IN_MEMORY: Final = 64 * 1024 * 1024
"""More than the threshold lets in, so that no part is ever laid down on a disk."""
PATIENCE_SECONDS: Final = 20


async def taken(request: Call) -> Form:
    """Read a form, with its files where it has some. Raises ``BadInput`` for what is none."""
    body = await request.body()
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        if kind == FILES:
            return _with_files(body, options.get("boundary", ""))
        told = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except (MultipartError, ValueError) as error:
        raise BadInput(
            "this is no form", field="form", remedy="send the page's own form"
        ) from error
    return Form(dict(told))


def _with_files(body: bytes, boundary: str) -> Form:
    parser = MultipartParser(
        io.BytesIO(body),
        boundary,
        part_limit=FIELDS,
        spool_limit=IN_MEMORY,
        memory_limit=IN_MEMORY,
        disk_limit=0,
    )
    parts = parser.parts()
    return Form(
        {part.name: part.value for part in parts if part.filename is None},
        {part.name: part.raw for part in parts if part.filename},
    )


class Turns:
    """Who hashes passwords takes turns: as many at once as the machine has cores."""

    def __init__(self) -> None:
        self._hashing = CapacityLimiter(max(2, os.cpu_count() or 2))

    async def work(self, work: Callable[[Call, Form], Page], request: Call, form: Form) -> Page:
        """Do a form's work in a thread, in its turn. Raises ``TooMany`` when none comes free."""
        if not form.proves():
            return await to_thread.run_sync(work, request, form)
        turn = object()
        try:
            with fail_after(PATIENCE_SECONDS):
                await self._hashing.acquire_on_behalf_of(turn)
        except TimeoutError:
            raise TooMany(
                "too many people sign in at once", clause="7.1", remedy="try again in a moment"
            ) from None
        try:
            return await to_thread.run_sync(work, request, form)
        finally:
            self._hashing.release_on_behalf_of(turn)
