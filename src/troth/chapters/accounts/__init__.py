"""Accounts: registered, signed in to, secured, closed (policy 2.1.1, 2.1.2, 6.4, 7.2).

``registration`` opens one, ``signing`` lets its subject in, ``factors`` are second factors,
``security`` changes what proves them and ends it. ``fields`` says what an account holds,
``enterprise`` who stands for a company, ``importing`` brings accounts in. A known and an unknown
account get the same answer everywhere (reliability A1).
"""

from troth.chapters.accounts.registration import Begun, Registration, Welcome
from troth.chapters.accounts.security import Accounts
from troth.chapters.accounts.signing import SignedIn

__all__ = ["Accounts", "Begun", "Registration", "SignedIn", "Welcome"]
