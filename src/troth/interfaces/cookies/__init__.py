"""Cookies on any site (3): what is asked, kept out and let in, in this program and in others.

``words`` and ``banner`` what people see, ``script`` what a page runs; ``guard`` what an answer may
carry, ``markup`` its pages, for ``asgi`` and ``wsgi``; ``keeper`` who records a choice; ``scan`` a
browser that looks what is set, ``findings`` what of it is not as it should be.

But for ``scan``, all of it is light: a program that is guarded loads neither the house nor a web
framework.
"""
