"""What nobody uses any more: since when, and the next step; the words for chapters (7.2e)."""

from troth.policy.keeping.starts import ACTIVE, ENDED, PURPOSE, WARNED
from troth.policy.keeping.starts import active as last_active
from troth.policy.keeping.warnings import Step

__all__ = ["ACTIVE", "ENDED", "PURPOSE", "WARNED", "Step", "last_active"]
