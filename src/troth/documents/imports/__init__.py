"""Imports from elsewhere: the rows of a file, in batches, and how far each got (2.1.2, 9.3)."""
