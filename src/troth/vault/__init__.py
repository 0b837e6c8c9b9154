"""The vault, a sealed room: what is held, encrypted (policy 2.4, 6.4, 7.1, 9.4)."""
