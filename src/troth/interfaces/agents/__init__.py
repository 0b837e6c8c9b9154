"""Programs that ask for people: agents by the Data Rights Protocol, controllers by OpenDSR (9.7).

``rights_protocol`` takes what agents sign, ``opendsr`` what other controllers send, ``stopping`` is
the page on which somebody stops a power of attorney; ``routes`` binds their addresses.
"""
