"""Claimed gradients: compared with the derived ones as functions, refuted by small numbers, and explained."""
