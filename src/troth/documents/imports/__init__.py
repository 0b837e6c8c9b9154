"""Imports of existing accounts: the rows of a file, and how far each file got (policy 2.1.2)."""
