"""`verifier explain`: one case in full."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("explain", short_help="Explain one case in full.")
@click.argument("name", metavar="CASE")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.pass_context
def explain(ctx: click.Context, name: str, paths: tuple[Path, ...]) -> None:
    """Explain one CASE: its formula, the closed-form gradients, the numbers side by side, the notes.

    CASE is file::name, the name alone, or a part of it that no other case has. It is looked for in PATHs (by
    default, in the folder cases).
    """
    from verifier.reports.terminal import explanation
    from verifier.running.selection import select, the_case
    from verifier.verdict.verdict import Run
    from verifier.verify import verify

    selection = select(paths or (Path("cases"),))
    for problem in selection.problems:
        click.echo(f"verifier: {problem.sentence}", err=True)
    verdict = verify(the_case(name, selection.cases))
    click.echo(explanation(verdict))
    ctx.exit(Run((verdict,)).exit_code)


COMMAND = explain
