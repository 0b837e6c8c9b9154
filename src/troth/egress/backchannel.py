"""Words to applications at their back channel: somebody is signed out (policy 9.3c).

OpenID Connect Back-Channel Logout 1.0: a form with one field, a token that is signed itself.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from troth.egress.post import Line, SigningKey
from troth.model.secret import Secret

FORM: Final = "application/x-www-form-urlencoded"
PATIENCE: Final = 5.0
"""Seconds for each wait: an application that is slow to listen is told again later."""
_NOT_USED: Final = SigningKey(Secret("-" * 32))


class Backchannel(Line):
    """The line to one application's back channel."""

    def __init__(self, url: str) -> None:
        """Fix the address. Raises ``Misconfigured`` as ``Line`` does."""
        super().__init__(url, _NOT_USED, timeout=PATIENCE)

    def _headers(self, request_id: str, body: bytes, media: str) -> Mapping[str, str]:
        del request_id, body
        return {"Content-Type": media, "User-Agent": "troth"}


def tell(url: str, token: Secret) -> None:
    """Take a signed word to an address. Raises ``NotDelivered``."""
    body = urlencode({"logout_token": token.reveal()}).encode()
    Backchannel(url).post("", body, media=FORM)
