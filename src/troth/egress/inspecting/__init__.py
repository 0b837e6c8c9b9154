"""A data map proposed by looking: names, types and a few values of a database (policy 9.1).

Nothing is sent anywhere, and what was looked at is neither printed nor kept: a sample is judged and
forgotten. What comes out is a proposal with a reason for each column, for a person to go through.
"""
