"""What we did: a tamper-evident log of acts that holds no personal data (policy 7.1, 9.3)."""
