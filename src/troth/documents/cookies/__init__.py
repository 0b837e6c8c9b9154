"""Cookies (3): their ``register``, the ``receipts`` of choices, counts of privacy ``signals``."""
