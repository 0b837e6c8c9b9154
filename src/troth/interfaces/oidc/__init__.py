"""Sign-in for other applications: OpenID Connect, where each client is a recipient (policy 4.1).

``provider`` what serves it all · ``discovery`` what programs read first · ``wishes`` what an
application may ask · ``answers`` how it is answered, and refused · ``authorizing`` the way of a
person from an application and back, with the page that asks them · ``connected`` what somebody has
let in, and ending it · ``programs`` codes and tokens, program to program · ``leaving`` signing out
from there · ``signing`` JSON Web Tokens, loaded when the first is signed · ``upkeep`` what the
clock brings.
"""
