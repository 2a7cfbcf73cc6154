"""`verifier list`: what there is to verify, one line a case."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from verifier.case import Case, Contract


@click.command("list", short_help="List cases, one line each.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("-k", "pattern", metavar="PATTERN", help="Only cases whose file::name holds PATTERN or fits the glob.")
@click.pass_context
def list_(ctx: click.Context, paths: tuple[Path, ...], pattern: str | None) -> None:
    """List the cases in PATHs (by default, the folder cases): name, kind, what each has, lesson."""
    from verifier.running.selection import full_name, select

    selection = select(paths or (Path("cases"),), pattern)
    rows = [(full_name(case), _kind(case), _parts(case), case.lesson) for case in selection.cases]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:3]]
    for *cells, lesson in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        click.echo(f"{line}  {_shortened(lesson, len(line) + 2)}".rstrip())
    for problem in selection.problems:
        click.echo(f"verifier: {problem.sentence}", err=True)
    ctx.exit(2 if selection.problems else 0)


def _kind(case: Case | Contract) -> str:
    from verifier.case import Contract

    if isinstance(case, Contract):
        return "refutation" if case.refuted else "contract"
    return "wrong on purpose" if case.fault else "case"


def _parts(case: Case | Contract) -> str:
    """What a case brings, besides its name."""
    brought = {
        "formula": getattr(case, "formula", None) is not None,
        "function": getattr(case, "function", None) is not None,
        "claims": bool(getattr(case, "claims", None)),
        "printed": bool(getattr(case, "printed", None)),
        "promise": hasattr(case, "promise"),
    }
    return ", ".join(part for part, there in brought.items() if there)


def _shortened(lesson: str, used: int) -> str:
    room = max(shutil.get_terminal_size((160, 24)).columns - used, 24)
    return textwrap.shorten(lesson, room, placeholder="…")


COMMAND = list_
