"""Guardians: who speaks for which minor, and what they are told before they answer (policy 8).

``speakers`` keeps who asks or stands for whom and how far it is; ``prospect`` reads from a policy
what would be done with a minor's information, in words for a parent.
"""
