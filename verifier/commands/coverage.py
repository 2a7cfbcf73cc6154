"""`verifier coverage`: how much of torch's own operator database is verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from verifier.coverage.survey import Survey, Surveyed


@click.command("coverage", short_help="Verify torch's own operator database.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-n", "most", type=click.IntRange(min=1), default=12, metavar="N", help="Run at most N samples an entry.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Examine in N processes.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write everything to FILE as JSON."
)
@click.pass_context
def coverage(ctx: click.Context, names: tuple[str, ...], most: int, jobs: int, file: Path | None) -> None:
    """Trace the samples of torch's operator database (the entries called NAME, or all), and compare every derivative.

    Each sample is recorded, translated by the definitions in verifier/ops, and its values and both modes of autograd
    are compared with the program's. The table says for each entry on how many samples that succeeded.

    Exits with 0 if every entry is verified on all of its samples, or differs from torch by what docs/findings.md proves
    to be torch's defect, and with 1 otherwise.
    """
    from verifier.commands.run import processes
    from verifier.coverage.survey import survey

    click.echo(HEADER)
    with processes(jobs) as executor:
        found = survey(names, most, executor, _say)
    _summarise(found)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(_plain(found), indent=1) + "\n", encoding="utf-8")
        click.echo(f"JSON: {file.resolve()}")
    ctx.exit(0 if found.verified + found.explained == len(found.entries) else 1)


COLUMNS = "samples", "recorded", "defined", "values", "reverse", "forward"
HEADER = f"  {'entry':<44} {' '.join(COLUMNS)}   seconds"


def _say(entry: Surveyed) -> None:
    mark = "✓" if entry.verified else "≠" if entry.explained else "✗"
    cells = (f"{number:>{len(column)}}" for column, number in entry.counts.items())
    click.echo(f"{mark} {entry.entry:<44} {' '.join(cells)} {entry.seconds:9.2f}")
    if not entry.verified:
        click.echo(f"    {entry.reason}")
    if entry.explained:
        click.echo(f"    {entry.explained}")


def _summarise(found: Survey) -> None:
    total = sum(len(entry.samples) for entry in found.entries)
    click.echo(
        f"\n{found.verified} of {len(found.entries)} entries verified on all of their samples ({total} run), "
        f"{found.explained} of the others explained by a defect of torch"
    )
    unexplained = [entry.entry for entry in found.entries if not entry.verified and entry.explained is None]
    if unexplained:
        click.echo(f"neither: {', '.join(unexplained)}")
    if found.missing:
        click.echo("\nwithout a definition:")
        for operator, needed in found.missing:
            click.echo(f"  {operator}: {', '.join(needed[:6])}{' …' if len(needed) > 6 else ''}")


def _plain(found: Survey) -> dict[str, object]:
    from verifier.verdict.verdict import plain

    return {
        "verified": found.verified,
        "explained": found.explained,
        "entries": [
            {
                "status": entry.status,
                "reason": entry.reason,
                "explained": entry.explained,
                "counts": entry.counts,
                "seconds": entry.seconds,
                **plain(entry),
            }
            for entry in found.entries
        ],
        "missing": [{"operator": name, "entries": list(by)} for name, by in found.missing],
    }


COMMAND = coverage
