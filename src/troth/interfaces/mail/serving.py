"""Running what takes mail, as the settings say: a server, a folder, both or none (policy 9.1b)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any, Final

from troth.app import Troth
from troth.interfaces.mail.folder import Folder, Read
from troth.model.errors import Misconfigured

RECEIVER: Final = "troth.interfaces.mail.receiver"


def receiver(troth: Troth) -> Any:  # noqa: ANN401  # the server's own library is an extra
    """Return the mail server that the settings ask for; one that does nothing for none.

    Raises ``Misconfigured`` where its library is not installed, or no address is set.
    """
    named = troth.settings.intake
    if not named.port:
        return nullcontext()
    demand_address(troth)
    try:
        made = import_module(RECEIVER)
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "taking mail needs a library that is not installed",
            remedy="pip install 'troth[mail]'",
        ) from error
    return made.Receiver(
        named.address,
        troth.intake.take_mail,
        host=named.host,
        port=named.port,
        max_size=named.max_size,
    )


def folder(troth: Troth) -> Callable[[], Read] | None:
    """Return what reads the folder of the settings, if there is one. Raises ``Misconfigured``."""
    named = troth.settings.intake
    if not named.maildir:
        return None
    demand_address(troth)
    place = troth.settings.path(named.maildir)
    return Folder(place, troth.intake.take_mail, max_size=named.max_size).read


@contextmanager
def taking_mail(troth: Troth) -> Iterator[tuple[Callable[[], object], ...]]:
    """Take mail while a ``with`` block lasts; give the works that a scheduler has to call."""
    reads = folder(troth)
    with receiver(troth):
        yield (reads,) if reads else ()


def demand_address(troth: Troth) -> None:
    """Raise ``Misconfigured`` where it is not said for which address mail is taken."""
    if "@" not in troth.settings.intake.address:
        raise Misconfigured(
            "mail is taken for one address, and none is set",
            remedy="set `address` under [intake] in troth.toml",
        )
