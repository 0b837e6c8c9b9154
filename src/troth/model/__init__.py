"""The domain's values: standard library and msgspec only; imports nothing of ours."""
