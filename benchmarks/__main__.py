"""`python -m benchmarks`: runs the benchmark, prints the table and writes the figures as JSON.

An aim that is missed is a result, no error; the exit code is 1 only if something could not be measured.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import get_args

from benchmarks.forms import FORMS, Part
from benchmarks.run import run
from benchmarks.table import markdown


def main() -> int:
    """Runs one form. SIGTERM and SIGINT end the run and all that it started."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--form", choices=sorted(FORMS), default="full")
    parser.add_argument("--workers", type=int, choices=range(1, 17), default=2, metavar="1..16")
    parser.add_argument(
        "--json", type=Path, default=Path("build/benchmark.json"), help="where the figures go"
    )
    parser.add_argument(
        "--part", choices=get_args(Part), action="append", help="only this one; may be given several times"
    )
    options = parser.parse_args()
    form = FORMS[options.form]
    if missing := [each for each in options.part or () if each not in form.parts]:
        parser.error(
            f"the {form.name} form does not measure {', '.join(missing)}, only {', '.join(form.parts)}"
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = run(form, options.workers, _say, options.part or form.parts)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(results.model_dump_json(indent=1) + "\n")
    machine = results.machine
    sys.stdout.write(f"\n{markdown(results)}\n\n")
    for note in results.notes:
        sys.stdout.write(f"{note}\n")
    _say(
        f"A {results.form} run of {results.commit}, {results.seconds:.0f} s: {machine.cores} cores, load "
        f"before it {machine.load_before}. The figures: {options.json}"
    )
    return 1 if results.failed else 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
