"""Mail that comes in: a receiver that takes it for one address, and a folder where others leave it.

``receiver`` speaks SMTP, ``folder`` reads a maildir, ``serving`` runs what the settings ask for;
``taking`` is what both hand mail to.
What a mail means is found out in the house, not here (policy 9.1b).
"""
