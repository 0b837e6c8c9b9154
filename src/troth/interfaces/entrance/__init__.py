"""The entrance: what anybody may read and do without being signed in (preamble, 2.1, 10.2).

The policy and its lists, registration, signing in, recovery, and stopping advertisements.
"""
