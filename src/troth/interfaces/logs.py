"""The log of the service: one JSON object a line, and nothing of what was sent (policy 7.1; A14).

A fault is told by its kind and place. Its message is left out, because it may hold what nobody may
log. Whatever a line holds is escaped, so that no text can begin a line of its own.
"""

import json
import logging
from typing import Final, TextIO

from troth.interfaces.http.problems import place
from troth.model.clock import Moment, iso

LOGGERS: Final = ("troth", "uvicorn")


class Discreet(logging.Filter):
    """Takes the message and the traceback from a fault and leaves its kind and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, a fault without what it says."""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg = f"unexpected {type(error).__name__} at {place(error)}"
            record.args = ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


class Lines(logging.Formatter):
    """Writes a record as one line of JSON, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        r"""Write it.

        >>> print(Lines().format(logging.makeLogRecord({"msg": "a\nb", "created": 0})))
        {"at": "1970-01-01T00:00:00Z", "level": "Level None", "from": null, "what": "a\nb"}
        """
        told = {
            "at": iso(Moment(int(record.created * 1000))),
            "level": record.levelname,
            "from": record.name,
            "what": record.getMessage(),
        }
        return json.dumps(told)


def begin(stream: TextIO | None = None) -> None:
    """Send what the service logs to a stream: the standard error output unless told."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    handler.addFilter(Discreet())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
