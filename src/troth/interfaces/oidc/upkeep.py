"""What the clock brings for applications: keys that are due, and words that wait to be told.

Called with every tick. An instance without applications is asked once whether it has any, and
nothing is loaded.
"""

from troth.app import Troth
from troth.interfaces.oidc.provider import Provider
from troth.model.clock import HOUR, Moment
from troth.model.secret import Secret


class Upkeep:
    """Looks after one instance's keys and tells applications of what ended."""

    def __init__(self, troth: Troth) -> None:
        self._troth = troth
        self._provider = Provider(troth)
        self._look_again = Moment(0)

    def tick(self) -> dict[str, int]:
        """Do what is due; return how many keys changed and how many applications were told."""
        at, provider = self._troth.clock.now(), self._provider
        if not provider.issuer:
            return {}
        done = {"keys": 0, "told": 0}
        if at >= self._look_again and provider.living():
            done["keys"] = provider.signing().turn()
            self._look_again = Moment(at + HOUR)
        ending = provider.applications.ending
        for word, application in ending.due():
            token = Secret(provider.signing().logout_token(word, application))
            done["told"] += ending.told(word, application, token)
        return done
