"""Applications that people sign in to with their account: recipients of the policy (4.1, 9.3).

``signing_in`` everything, as one attribute of the house · ``judging`` what the gate says of each
scope · ``asking`` what a person is asked, says and takes back · ``telling`` codes, tokens and what
an application is told for them · ``ending`` what ends, and who has to be told.
"""

from troth.chapters.applications.asking import Connected, Question
from troth.chapters.applications.signing_in import Applications
from troth.chapters.applications.telling import Claims, Told

__all__ = ["Applications", "Claims", "Connected", "Question", "Told"]
