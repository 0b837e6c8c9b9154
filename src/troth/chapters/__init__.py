"""One file per chapter of a privacy policy: chapters write acts, the gate performs them."""
