"""Databases of named records: keys of Redis, objects in a folder or a bucket (policy 9.1, 9.4)."""
