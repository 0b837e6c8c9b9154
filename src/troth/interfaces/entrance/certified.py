"""Where an erasure stands, for whoever holds its certificate: the subject cannot sign in any more.

The number of a certificate is the ledger's pseudonym, 128 random bits; what is shown under it names
stores and counts, and nobody (policy 9.4).
"""

from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.interfaces.pages.stores import lines, picture
from troth.model.errors import NotFound
from troth.model.terms import Region

PLACE = "/erasure/{region:str}/{who:str}"


def certified(request: Call) -> Page:
    """Show the newest certificate of an erasure, store by store. Raises ``NotFound``."""
    region, who = Region(request.path_params["region"]), str(request.path_params["who"])
    found = house(request).gate.certified(region, who)
    if not found:
        raise NotFound("no certificate has this number", clause="9.4")
    words, newest = tongue(request), found[-1]
    told = lines(newest.answers, words)
    return show(
        request,
        "entrance/certified.html",
        newest=newest,
        lines=told,
        picture=picture(told, words) if told else "",
        entries=found,
        region=region,
        number=who,
    )
