"""Case files for the tests of the commands, and what their results are asked."""

BASICS = """
    from verifier.case import Case, Contract, Fault

    CASES = [
        Case("sum of a product", formula="agreed", function=print, claims={"X": 1}, lesson="Rows are sums."),
        Case("mean", formula="agreed", fault=Fault("reverse mode")),
        Contract("leaf", "the gradient is kept", print, None, refuted=True),
    ]
"""

ONE = "from verifier.case import Case\nCASES = [Case({name!r}, formula={outcome!r})]"


def said(result):
    """The one line on standard error of a call that was wrong."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line
