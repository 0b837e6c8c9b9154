"""The house of the chapters' tests."""

from tests.chapters.conftest import house, instance

__all__ = ["house", "instance"]
