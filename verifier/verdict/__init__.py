"""From what the witnesses say to a verdict: compare, blame, and the verdict as data."""
