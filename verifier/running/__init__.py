"""Runs of many cases: which ones, in which processes, what is shown meanwhile, and where reports go."""
