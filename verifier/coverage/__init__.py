"""How much of torch is covered: the operators of torch's own test database, each on its own samples."""
