"""One trial, from the user's call to the verdict: what is asked, who is heard, and what is told from the answers."""
