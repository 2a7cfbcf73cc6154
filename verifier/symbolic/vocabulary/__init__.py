"""What each SymPy node means, entry by entry: one file a family, each ending with `NODES`.

`NODES` maps a SymPy class to a function of (node, translator) that returns a `Tensor`.
"""
