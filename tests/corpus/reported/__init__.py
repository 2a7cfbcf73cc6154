"""Wrong gradients re-created from what people report of kernels, layers and losses, by the kind of function."""

from corpus.reported import algebra, conduct, elementwise, fused, indexing, losses, memory, norms, spatial

TABLES = (elementwise, losses, norms, algebra, spatial, indexing, fused, conduct, memory)

REPORTED = [entry for table in TABLES for entry in table.WRONG]
