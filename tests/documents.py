"""The pages of the documentation as programs: their code is run, and what it prints is compared with what they show.

- A ```python block is run, all blocks of a page in one namespace. What it prints stands in the ```text block that
  follows. If its first line is a comment that is nothing but a path, it is saved to that file as well.
- In a ```console block, lines that begin with `$ ` are run in bash, and what they print on standard output follows.
- Other blocks are only read by people.

`python tests/documents.py` runs every page and writes what was printed into it.
"""

import contextlib
import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

#: Numbers below this are rounding errors, which differ between processors, and so may the last digits of any other.
ROUNDING = 1e-9
DIGITS = 1e-6

#: How the account of an exception begins.
FAILURE = "Traceback (most recent call last)"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_PATH = re.compile(r"# ([\w/]+\.py)\n")
_TIME = re.compile(r"\b(\d+ min )?\d+(\.\d+)? m?s\b|\bin \d+\.\d+s\b")
_RULE = re.compile("─+")  # as wide as its table, and so as the times in it
_TOKEN = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)|[^\s\d]+|\S")


@dataclass(frozen=True)
class Step:
    """Code that was run: its line, what the page shows (from `start` to `end` in its text), and what was printed.

    Where the page shows nothing and has no place for it, `start` and `end` are None.
    """

    line: int
    shown: str
    printed: str
    start: int | None
    end: int | None

    @property
    def agrees(self) -> bool:
        return alike(self.shown, self.printed)


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of text, `end` where its text ends in the page."""

    language: str
    text: str
    line: int
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    return [
        Block(match[1], match[2], page.count("\n", 0, match.start(2)) + 1, match.start(2), match.end(2))
        for match in _BLOCK.finditer(page)
    ]


def alike(shown: str, printed: str) -> bool:
    """Whether two texts are the same but for white space, times, lengths of rules, and digits that rounding reaches."""
    left, right = (_TOKEN.findall(_RULE.sub("─", _TIME.sub("(time)", text))) for text in (shown, printed))
    return len(left) == len(right) and all(map(_same, left, right))


def _same(shown: str, printed: str) -> bool:
    if shown == printed:
        return True
    try:
        one, other = float(shown), float(printed)
    except ValueError:
        return False  # words, which have to be the same
    if max(abs(one), abs(other)) < ROUNDING:
        return True
    return "." in shown + printed and math.isclose(one, other, rel_tol=DIGITS)


def run(page: str, name: str = "page") -> list[Step]:
    """Runs the code of a page in the working directory."""
    found = blocks(page)
    namespace: dict[str, object] = {"__name__": Path(name).stem}
    steps: list[Step] = []
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "console":
            steps += _console(block)
        elif block.language == "python":
            printed = _python(block, namespace, name)
            if after is not None and _follows(page, block, after):
                steps.append(Step(block.line, after.text, printed, after.start, after.end))
            else:
                steps.append(Step(block.line, "", printed, None, None))
    return steps


def _follows(page: str, code: Block, output: Block) -> bool:
    return output.language == "text" and page[code.end : output.start].split() == ["```", "```text"]


def _python(block: Block, namespace: dict[str, object], name: str) -> str:
    if saved := _PATH.match(block.text):
        Path(saved[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(saved[1]).write_text(block.text, encoding="utf-8")
    code = compile("\n" * (block.line - 1) + block.text, name, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(code, namespace)
        except Exception:
            print(traceback.format_exc())
    return printed.getvalue()


def _console(block: Block) -> Iterator[Step]:
    code = 0
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for match in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
        line = block.line + block.text.count("\n", 0, match.start())
        command = ["bash", "-c", f"(exit {code}); {match[1]}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PATH": path})
        code = done.returncode
        yield Step(line, match[2], done.stdout, block.start + match.start(2), block.start + match.end(2))


def with_output(page: str, steps: list[Step]) -> str:
    """The page with what was printed in place of what it shows, where the two differ.

    Raises ValueError where code failed, and where a page has no place for what it printed.
    """
    for step in reversed(steps):
        if step.agrees:
            continue
        if FAILURE in step.printed:
            raise ValueError(f"line {step.line}: the code has to be mended first:\n{step.printed}")
        if step.start is None:
            raise ValueError(f"line {step.line}: a ```text block has to follow, for this is printed:\n{step.printed}")
        printed = "".join(f"{line.rstrip()}\n" for line in step.printed.rstrip("\n").split("\n"))
        page = page[: step.start] + printed + page[step.end :]
    return page


@contextlib.contextmanager
def workplace(folder: Path) -> Iterator[None]:
    """A folder with the cases of the repository, as the working directory, and a terminal of 80 columns."""
    shutil.copytree(ROOT / "cases", folder / "cases", ignore=shutil.ignore_patterns("__pycache__"))
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.pop("COLUMNS")
        os.environ.update({"COLUMNS": columns} if columns else {})


if __name__ == "__main__":
    for file in [Path(argument).resolve() for argument in sys.argv[1:]] or PAGES:
        text = file.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, workplace(Path(folder)):
            file.write_text(with_output(text, run(text, file.name)), encoding="utf-8")
