"""What every page is made of: templates, words, forms, cookies, and how addresses are bound.

Pages are server-rendered, in Chinese and English, and work by keyboard, on a phone and with scripts
off (policy 11.4).
"""
