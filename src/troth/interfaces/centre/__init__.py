"""The privacy centre: a subject's own view, server-rendered, in Chinese and English (policy 9.1).

Every page works by keyboard, on a phone and with scripts off. A page shows a subject their own data
after they signed in, and asks again (step-up) before anything grave.
"""
