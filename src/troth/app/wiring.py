"""Putting together the chapters that need much of the house (policy 8).

Kept beside ``house``, which says what there is; here stands what it is made of.
"""

from collections.abc import Callable, Mapping, Sequence

from troth.app.settings import Settings
from troth.chapters.minors import Ground, Minors, Terms, Ways
from troth.chapters.rights.own import Rights
from troth.documents.guardian.speakers import Speakers
from troth.documents.notice import Notices
from troth.documents.proof import Proof
from troth.documents.proof.age import Marks
from troth.gate import Gate
from troth.model.acts import Act
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

Beside = Callable[[SubjectId], Sequence[Act]]


def minors_of(
    settings: Settings,
    gate: Gate,
    notices: Notices,
    proof: Proof,
    rights: Callable[[], Rights],
    stores: Mapping[Region, Store],
    key: bytes,
) -> Minors:
    """Open the chapter on minors; ``key`` makes the marks of its age gate.

    ``rights`` gives the chapter on rights when it is needed: each of the two ends what the other
    began.
    """
    home, named = Region(settings.instance.home), settings.minors
    ground = Ground(
        gate=gate,
        notices=notices,
        proof=proof,
        speakers=Speakers(stores, home=home),
        ways=Ways(
            copy=lambda ward, by: rights().copy(ward, by=by),
            erase=lambda ward, fields, why, by: rights().erase(ward, fields, ground=why, by=by),
        ),
        terms=Terms(
            consent_days=named.consent_days,
            erase_days=named.erase_days,
            again_hours=named.again_hours,
        ),
        base=f"{settings.server.seen_at}/minors/",
    )
    return Minors(ground, Marks(stores[home], key))


def together(*ends: Beside) -> Beside:
    """Return what the end of a subject does besides, as several chapters say it.

    >>> together(lambda who: [], lambda who: [])(SubjectId("cn-aaaaaaaaaaaaaaaaaaaaaaaaaa"))
    []
    """
    return lambda subject: [act for end in ends for act in end(subject)]
