"""Does memory grow with the dump? A large dump of each family is read under a limit, and a tenth of it for comparison.

    python tests/bench/streams.py [--families stackexchange …] [--posts 2000000] [--limit-mb 300] [--enforce]
                                  [--build stackexchange reddit] [--build-limit-mb 1000] [--folder DIR] [--json FILE]

Each dump is written to a temporary folder in a process of its own, read in another, and deleted. What was read has to be what
was written, to the post. Families named after --build go through a whole build as well, index included. An Infodump is joined
to a library of LIBRARY posts, since people hold few of a site's threads.

The limit is on resident memory at its peak, since an address space says little where files are mapped; with --enforce the
system (Linux) refuses what is past it, too. Ends with 1 when a family needs more, or when not all was read.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import reading
import synthetic
from dumps import FAMILIES
from processes import fresh, machine, timed

from indexer.build import build
from indexer.infodump import enrich

LIBRARY: Final = 5_000
MB: Final = 1_000_000
SHARE: Final = 10
"""How much larger the large dump is than the small one."""


# The steps, each done by a fresh process


def read(name: str, folder: Path, library: Path) -> dict[str, Any]:
    """Read a dump; tells how many posts there were."""
    if name == reading.INFODUMP:
        found: dict[str, Any] = {}
        with timed(found):
            report = enrich(library, folder)
        return found | {"posts": sum(table.rows for table in report.tables)}
    found = reading.read(name, folder, library)
    return found | {"posts": found.pop("counts").total()}


def whole_build(folder: Path, library: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with timed(found):
        build(library, [folder])
    return found | {"library_bytes": sum(path.stat().st_size for path in reading.files(library))}


# The run


def stream(name: str, sizes: Sequence[int], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A family's lines: reading, and the build where that is wanted, each with its figures by size."""
    lines = [{"family": name, "step": "read", "limit": arguments.limit_mb, "runs": []}]
    if name in arguments.build:
        lines.append({"family": name, "step": "build", "limit": arguments.build_limit_mb, "runs": []})
    for posts in sizes:
        with tempfile.TemporaryDirectory(prefix="streams-", dir=arguments.folder) as place:
            work = Path(place)
            written = fresh(reading.write, name, work / "dump", posts, arguments.seed)
            counts = written["counts"]
            expected = counts["rows"] or sum(counts[kind] for kind in ("questions", "answers", "comments"))
            if name == reading.INFODUMP:
                fresh(reading.write, "metafilter-text", work / "copies", LIBRARY, arguments.seed)
                fresh(reading.prepare_library, work / "copies", work / "library")
            for line in lines:
                limit = line["limit"] * MB if arguments.enforce else None
                try:
                    if line["step"] == "read":
                        found = fresh(read, name, work / "dump", work / "library", data_limit=limit)
                    else:
                        found = fresh(whole_build, work / "dump", work / "library", data_limit=limit)
                except Exception as error:  # noqa: BLE001  # One family that fails must not cost the others.
                    found = {"failed": f"{type(error).__name__}: {error}"}
                line["runs"].append({"written": expected, "bytes": written["bytes"], **found})
                shutil.rmtree(work / "library", ignore_errors=True)
    for line in lines:
        line["verdict"] = verdict(line)
    return lines


def verdict(line: dict[str, Any]) -> str:
    """ "ok", or what is wrong."""
    for found in line["runs"]:
        if "failed" in found:
            return str(found["failed"])[:200]
        if found.get("posts", found["written"]) != found["written"]:
            return f"{found['posts']:,} of {found['written']:,} were read"
    peak = max(found["peak_bytes"] for found in line["runs"])
    return "ok" if peak <= line["limit"] * MB else f"over the limit of {line['limit']} MB"


def shown(line: dict[str, Any]) -> str:
    """A line of the table: posts, posts per second and peak by size, and how the peak grows."""
    cells = [f"{line['family']:<16}{line['step']:<6}"]
    runs = [found for found in line["runs"] if "failed" not in found]
    for found in runs:
        rate = found["written"] / max(found["cpu_s"], 1e-6)
        cells.append(
            f"│{found['written']:>10,} posts{found['bytes'] / MB:>7,.0f} MB{rate:>8,.0f}/s{found['took_s']:>7,.0f} s"
            f"{found['peak_bytes'] / MB:>6,.0f} MB "
        )
    if len(runs) == len(line["runs"]) > 1:
        cells.append(f"│ ×{runs[-1]['peak_bytes'] / runs[0]['peak_bytes']:.2f} ")
    return "".join([*cells, "│ ", line["verdict"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="NAME", help="[all]")
    parser.add_argument("--posts", type=int, default=2_000_000, help="posts of the large dump [2000000]")
    parser.add_argument("--limit-mb", type=int, default=300, help="memory for reading [300]")
    parser.add_argument("--build", nargs="*", choices=FAMILIES, default=["stackexchange", "reddit"], metavar="NAME")
    parser.add_argument("--build-limit-mb", type=int, default=1_000, help="memory for a whole build [1000]")
    parser.add_argument("--enforce", action="store_true", help="let the system refuse more memory than that (Linux)")
    parser.add_argument("--folder", type=Path, help="where dumps are written [the system's folder for temporary files]")
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    if arguments.posts < SHARE:
        parser.error(f"there must be posts, and a tenth of them: {SHARE} at least")
    about = {"date": date.today().isoformat(), **machine(("lxml", "nh3", "markdown-it-py", "libzim"))}
    print(f"Streaming on {about['date']}: {about['system']}, {about['cores']} cores", flush=True)
    lines = []
    for name in arguments.families:
        for line in stream(name, (arguments.posts // SHARE, arguments.posts), arguments):
            print(shown(line), flush=True)
            lines.append(line)
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, "seed": arguments.seed, "streams": lines}, indent=1) + "\n", "utf-8")
    sys.exit(any(line["verdict"] != "ok" for line in lines))


if __name__ == "__main__":
    main()
