"""Torch code, followed while it runs."""
