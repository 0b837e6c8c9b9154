"""Where data may lie: a subject's data stays in the region of their residence (policy 2.4)."""

from collections.abc import Iterable
from typing import Final, Protocol

from troth.model.errors import WrongRegion
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

COUNT_MISPLACED: Final = "SELECT count(*) FROM subjects WHERE subject_id NOT LIKE ?"
"""How many subjects lie here whose id names another region."""


class Placed(Protocol):
    """Something that holds subjects in one region, such as a vault."""

    region: Region

    def misplaced(self) -> int:
        """Return how many subjects lie here who belong elsewhere."""
        ...


def demand(subject: SubjectId, region: Region) -> None:
    """Raise ``WrongRegion`` when a subject's data may not lie in a region (2.4a).

    >>> demand(SubjectId.new(Region("cn")), Region("global"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    troth.model.errors.WrongRegion: ... may not be kept in region `global` (§2.4a): ...
    """
    if subject.region != region:
        raise WrongRegion(
            f"data of a subject of region `{subject.region}` may not be kept in region `{region}`",
            clause="2.4a",
            remedy="write it to the store of the subject's own region",
        )


def misplaced(store: Store, region: Region) -> int:
    """Count the subjects in a region's store who belong to another region."""
    return int(store.query(COUNT_MISPLACED, (f"{region}-%",))[0][0])


def audit(vaults: Iterable[Placed]) -> int:
    """Count the misplaced subjects of every region; anything but 0 breaks clause 2.4a."""
    return sum(vault.misplaced() for vault in vaults)
