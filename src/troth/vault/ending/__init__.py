"""The end of what is held, of many subjects at once, and what may be counted of it (7.2e, 9.4)."""
