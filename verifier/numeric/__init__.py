"""Arithmetics that evaluate programs, and how far rounding spreads in them."""
