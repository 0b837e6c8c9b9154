"""Consent: asked apart, given, refused, withdrawn, receipted (policy 2.2.6, 2.3, 9.3).

``chapter`` is what it offers; ``asking`` asks, and asks to renew; ``papers`` are histories and
receipts; ``effects`` says what a withdrawal does; ``importing`` takes in what was said elsewhere.
"""

from troth.chapters.consent.chapter import Choice, Consent, Consequence
from troth.chapters.consent.effects import Effect, Stays
from troth.chapters.consent.saying import Withdrawn
from troth.documents.consents.states import Said

__all__ = ["Choice", "Consent", "Consequence", "Effect", "Said", "Stays", "Withdrawn"]
