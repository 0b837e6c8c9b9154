"""What we promised: a policy as text and meaning in one document, compiled to decisions (P.1)."""
