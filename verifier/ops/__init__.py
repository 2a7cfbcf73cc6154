"""All operators that are defined; each file ends with OPS."""
