"""The tour: one subject's whole life under the policy, shown as it happens (every chapter).

Nothing is believed because a function returned it. Each promise is checked where it would show if
it were broken: in the databases' own files, in the mail and messages that arrived, in the ledger.
"""
