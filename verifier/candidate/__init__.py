"""The function under test: how it is called, moved, widened, packed from nested inputs, and left as it was."""
