"""Consents on paper: their ``states``, the ``record`` of one and its signed receipt, who is told.

``record`` has the fields of ISO/IEC TS 27560, ``linked`` writes it with the terms of W3C DPV,
``signed`` signs either and verifies offline. ``asking`` says when somebody may be asked,
``renewals`` whom to ask to renew, ``receivers`` who has to hear of a withdrawal, ``rows`` reads
what was said elsewhere.
"""
