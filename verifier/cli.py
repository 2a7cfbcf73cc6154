"""The command line: `verifier run`, `list`, `explain`, `derive`; each command is a file in verifier/commands."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from verifier.discover import collect
from verifier.errors import VerifierError

#: What the shell reports of a program that Ctrl-C ended: 128 and the number of the signal.
INTERRUPTED = 130


class Commands(click.Group):
    """The commands of the folder; what the caller did wrong is one line on standard error, and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except VerifierError as error:
            click.echo(f"verifier: {error}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("verifier: interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradient-verifier")
def cli() -> None:
    """Says whether a gradient is right, and if not: who is wrong, where, and by how much.

    Exit codes: 0 all agreed; 1 something is wrong or inaccurate; 2 the call was wrong; 3 something is undecided
    and nothing wrong; 130 interrupted.
    """


def main() -> None:
    """The entry point: the commands, with the working directory importable, for case files that use code there."""
    sys.path.append(os.getcwd())
    for command in collect("verifier.commands", "COMMAND"):
        cli.add_command(command)
    cli(prog_name="verifier")
