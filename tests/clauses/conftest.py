"""A whole house with every chapter, for tests that prove clauses as a person would see them."""

from tests.chapters.conftest import house, instance

__all__ = ["house", "instance"]
