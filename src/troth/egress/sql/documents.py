"""Values inside documents: a dotted name goes down through objects and every list (policy 9.1).

Documents are changed here and written back whole, by the key of their row: one way for every
database, whatever its own functions for JSON are called.
"""

import json
from collections.abc import Callable, Iterator
from typing import Final

GONE: Final = object()
"""What a change returns for a value that is to leave the document with its name."""


def opened(told: object) -> object:
    """Return a document as the driver gave it, read if it came as text; what is no JSON, as it is.

    >>> opened('{"a": 1}'), opened({"a": 1}), opened("plain")
    ({'a': 1}, {'a': 1}, 'plain')
    """
    if not isinstance(told, str | bytes):
        return told
    try:
        return json.loads(told)
    except ValueError:
        return told


def written(document: object) -> str:
    """Return a document as text.

    >>> written({"name": "林"})
    '{"name":"林"}'
    """
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def within(document: object, path: tuple[str, ...]) -> Iterator[object]:
    """Yield the values at a path that are not empty.

    >>> list(within({"kin": [{"mail": "a"}, {"mail": "b"}, {}]}, ("kin", "mail")))
    ['a', 'b']
    """
    if isinstance(document, list):
        for one in document:
            yield from within(one, path)
    elif not path:
        if document is not None:
            yield document
    elif isinstance(document, dict):
        yield from within(document.get(path[0]), path[1:])


def changed(document: object, path: tuple[str, ...], change: Callable[[object], object]) -> object:
    """Return a document in which every value at a path is what ``change`` makes of it.

    >>> changed({"a": {"b": 1, "c": 2}}, ("a", "b"), lambda _: GONE)
    {'a': {'c': 2}}
    """
    if isinstance(document, list):
        kept = (changed(one, path, change) for one in document)
        return [one for one in kept if one is not GONE]
    if not path:
        return document if document is None else change(document)
    if not isinstance(document, dict) or path[0] not in document:
        return document
    inner = changed(document[path[0]], path[1:], change)
    rest = {name: value for name, value in document.items() if name != path[0]}
    return rest if inner is GONE else {**document, path[0]: inner}
