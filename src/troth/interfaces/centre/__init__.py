"""The privacy centre: a subject's own view of everything held about them (policy 6.1, 9.1).

A page shows a subject their own data after they signed in, and asks again (step-up) before anything
grave.
"""
