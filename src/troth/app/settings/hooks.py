"""The addresses of ``[webhooks]``, opened as lines (policy 9.3c)."""

from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path

from troth.app.settings.reading import secret
from troth.app.settings.sections import Settings, WebhookAddress
from troth.egress.post import Network, Pinned, SigningKey
from troth.egress.webhooks.outbox import RECIPIENT, Endpoint
from troth.model.clock import Clock
from troth.model.errors import Misconfigured


def endpoints(settings: Settings, clock: Clock) -> tuple[Endpoint, ...]:
    """Return everybody who is told: the operator's services, and recipients by their ids.

    Raises ``Misconfigured`` for an address, a network or a secret that is none.
    """
    named = settings.webhooks
    networks = [_network(text) for text in named.networks]
    addresses = [
        *named.endpoints.items(),
        *((RECIPIENT + recipient, address) for recipient, address in named.recipients.items()),
    ]
    return tuple(
        Endpoint(
            name=name,
            line=Pinned(
                address.url, _key(address, Path(settings.folder)), networks=networks, clock=clock
            ),
            events=address.events,
        )
        for name, address in addresses
    )


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise Misconfigured(
            f"networks under [webhooks] holds `{text}`", remedy='write one such as "127.0.0.0/8"'
        ) from None


def _key(address: WebhookAddress, folder: Path) -> SigningKey:
    """Return what a service's words are signed with: the newest secret first."""
    references: Iterable[str] = filter(None, (address.secret, address.old_secret))
    return SigningKey(*(secret(reference, folder) for reference in references))
