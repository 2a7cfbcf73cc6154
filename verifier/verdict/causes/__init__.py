"""All likely causes: one file for each hypothesis, which ends with `CAUSE` (see `verifier/verdict/accusation.py`)."""
