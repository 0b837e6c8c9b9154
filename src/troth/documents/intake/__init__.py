"""Intake: what comes from outside, read safely before anybody acts on it (policy 9.1b, 11.2, 11.3).

``mail`` reads a mail, from its ``mime`` parts, its ``characters``, the words of a ``page`` and its
``papers``; ``wishes`` guesses what is asked, ``threads`` brings a reply to its request. ``drp`` and
``opendsr`` read what programs ask for others, ``seals`` signs what they are answered; ``agents``,
``powers`` and ``register`` keep who may, by which power, and what came. ``rows`` reads a list.
"""
