"""How long: when a term began and ends, which law extends it or forbids erasing (7.2d, 9.4)."""
