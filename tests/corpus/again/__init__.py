"""A second corpus, written without looking at the first or at the tool."""
