"""Functions as programs of definitions in index notation, their derivatives, and their notation for people."""
