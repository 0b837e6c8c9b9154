"""The steps of a request: opened, proved, worked on, decided; each in a module (policy 6.3, 9).

``ground`` is what they stand on; ``desk`` above puts them together.
"""
