"""Talking to a person or a program: tables and lines on a terminal, one JSON document on stdout when asked.

Exit codes live here too: 0 yes, 1 the answer is "no", 2 wrong use, 3 failed.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import msgspec
import typer

from orchestration.core.home import Home

if TYPE_CHECKING:
    from rich.console import Console

NO = 1
WRONG_USE = 2
FAILED = 3
_WIDE = 160

JsonFlag = Annotated[bool, typer.Option("--json", help="Print machine-readable output on stdout.")]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def terminal(*, stderr: bool = False) -> "Console":
    """Stdout or stderr as a terminal; imported when something is said, for rich costs more than most answers."""
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=True)


def open_home() -> Home:
    """The home that the settings name, with telemetry of every library off and their logs on stderr."""
    import structlog

    from orchestration.core.settings import get_settings, quiet_environment

    quiet_environment()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    return Home.at(get_settings().home)


def say(text: str) -> None:
    """A line for a person, on stderr so that stdout stays clean."""
    terminal(stderr=True).print(text, markup=False, highlight=False)


def answer(text: str) -> None:
    """A line of the answer itself, on stdout."""
    terminal().print(text, markup=False, highlight=False)


def answer_json(value: object) -> None:
    """The answer as one JSON document on stdout."""
    typer.echo(msgspec.json.encode(value, enc_hook=str).decode())


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; numbers are set flush right. A file or a pipe has no edge at which cells would have to be folded."""
    from rich.table import Table

    out = terminal()
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    listed = [list(row) for row in rows]
    for number, name in enumerate(columns):
        numeric = any(isinstance(row[number], int | float) for row in listed)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_cell(value) for value in row))
    if not out.is_terminal:
        out.width = max(out.width, _WIDE)
    out.print(table)


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return escape(str(value))


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A spinner on a terminal, a plain line elsewhere."""
    err = terminal(stderr=True)
    if err.is_terminal:
        with err.status(text):
            yield
    else:
        say(text)
        yield


def fail(message: str, code: int = FAILED) -> typer.Exit:
    """Say what went wrong, and return the exception that ends the command."""
    err = terminal(stderr=True)
    err.print(f"rapporteur: {message}", style="bold red" if err.is_terminal else None, markup=False, highlight=False)
    return typer.Exit(code)


def explains(*wrong_use: type[Exception]) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Turn expected exceptions into one clear line and an exit code.

    Args:
        wrong_use: Exceptions that mean wrong use (exit 2); OSError and RuntimeError mean failed (exit 3).
    """

    def decorate(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(command)
        def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                return command(*args, **kwargs)
            except wrong_use as error:
                raise fail(str(error), WRONG_USE) from error
            except Exception as error:
                if _expected(error):
                    raise fail(str(error)) from error
                raise

        return run

    return decorate


def _expected(error: Exception) -> bool:
    """Whether a command failed for a reason that its message tells; the record is imported only when something failed."""
    from orchestration.core.commits import BrokenRecord
    from orchestration.core.locks import LockHeld

    return isinstance(error, OSError | LockHeld | BrokenRecord)


def bytes_text(size: int) -> str:
    """A size in words, powers of 1024."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def folder_size(folder: Path) -> int:
    """Bytes on disk below a folder; 0 when it is not there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def plain(value: Any) -> Any:  # noqa: ANN401 - any data object
    """A data object as dictionaries and lists."""
    return msgspec.to_builtins(value, enc_hook=str)
