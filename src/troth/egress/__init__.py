"""Where personal data goes: channels, recipients, other databases (policy 2.1.2, 4, 9.4).

A sealed room: only the gate calls it. ``channels`` reach the subject; ``courier`` is the sealed
outbox that brings messages to them; ``recipients`` and ``authorities`` are the others who may be
given values; ``databases`` are the controller's own other systems; ``post`` is how any of them is
spoken to over HTTP; ``loopback`` stands in for a mail server and a gateway in demonstrations.
"""
