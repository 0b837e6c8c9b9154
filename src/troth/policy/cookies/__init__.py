"""Cookies and similar technologies in a policy (3): the ``check`` of the register."""
