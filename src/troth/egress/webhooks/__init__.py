"""Signed webhooks: the ``outbox`` they wait in, their ``words``, and ``receiving`` them."""
