"""Requests as documents: their terms and grounds, what was written, how far each is (policy 9)."""
