"""Troth beside the smallest honest code for the same job, and beside its peers, in one run."""
