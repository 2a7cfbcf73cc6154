"""What each SymPy node looks like: one file a family, each ending with `NODES`.

`NODES` maps a SymPy class to a function of (node, spelling) that returns a layout.
"""
