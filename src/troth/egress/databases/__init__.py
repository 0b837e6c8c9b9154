"""The controller's other databases: what they hold of a subject, and its end (policy 9.1, 9.4).

``map`` where in them personal data lies · ``reading``, ``writing`` our format of it, ``fideslang``
another's · ``checking`` it, ``finding`` what is wrong · ``edges`` which way a trace goes · ``port``
what each database is asked · ``spelling`` of one value · ``fate`` what an order means for one
record · ``conductor`` all of them together, each by itself · ``opening`` one by its address:
``sql``, ``redis``, ``objects``, ``service`` with its ``requesting`` · ``named`` records that are
found by a name of their own.
"""
