"""The controller's databases that speak SQL, through SQLAlchemy (policy 9.1, 9.4).

``database`` what the port asks of each · ``schema`` it as it is · ``values`` on their way in and
out · ``documents`` inside a column · ``where`` which rows a reach finds · ``tracing`` how far it
goes · ``order`` which table ends first · ``moves`` an order as statements · ``performing`` them ·
``remaining`` looking again, ``searching`` by value, ``folding`` what is spelled otherwise ·
``looking`` a map held against what is there.
"""
