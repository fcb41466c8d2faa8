"""Synthetic dumps of every family of archives, of any size: what reading is measured on.

    python tests/bench/dumps.py FAMILY POSTS FOLDER [--seed 1]

writes a dump of about POSTS posts into FOLDER, which must not exist, and prints what a reader has to find in it: how many
questions, answers and comments, and how many records it has to leave out. Dumps are written as they are made, in little
memory. The same seed gives the same dump.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import dump_json
import dump_metafilter
import dump_stackexchange
import plain_loops
import synthetic

Write = Callable[[Path, int, int], Counter[str]]
"""Writes a dump into a folder that it makes, given how many posts and the seed; tells what is in it."""


class Family(NamedTuple):
    """A kind of dump: who writes it, the format that its reader says it has, and the least that reading it costs."""

    write: Write
    format: str
    loop: Callable[[Path], int]
    """Goes over a folder with a dump and keeps nothing; gives how many records or pages there were."""
    loop_is: str


FAMILIES: Final = {
    "stackexchange": Family(dump_stackexchange.write, "stackexchange", plain_loops.xml_rows, "lxml iterparse"),
    "reddit": Family(dump_json.write_reddit, "reddit", plain_loops.json_lines, "json"),
    "reddit-zst": Family(dump_json.write_reddit_zst, "reddit", plain_loops.json_lines_zst, "zstd, json"),
    "discourse": Family(dump_json.write_discourse, "discourse", plain_loops.json_lines, "json"),
    "hackernews": Family(dump_json.write_hackernews, "hackernews", plain_loops.json_lines, "json"),
    "lemmy": Family(dump_json.write_lemmy, "lemmy", plain_loops.json_lines, "json"),
    "askive-jsonl": Family(dump_json.write_jsonl, "askive-jsonl", plain_loops.json_lines, "json"),
    "zim": Family(dump_stackexchange.write_zim, "zim", plain_loops.zim_pages, "libzim, lxml"),
    "warc": Family(dump_metafilter.write_warc, "warc", plain_loops.warc_pages, "warcio, lxml"),
    "metafilter-zip": Family(dump_metafilter.write_zip, "metafilter-html", plain_loops.zip_pages, "zipfile, lxml"),
    "metafilter-tar": Family(dump_metafilter.write_tar, "metafilter-html", plain_loops.tar_pages, "tarfile, lxml"),
    "metafilter-text": Family(dump_metafilter.write_text, "metafilter-text", plain_loops.text_lines, "lines"),
    "mhtml": Family(dump_metafilter.write_mhtml, "mhtml", plain_loops.mhtml_pages, "email, lxml"),
    "webarchive": Family(dump_metafilter.write_webarchive, "webarchive", plain_loops.webarchive_pages, "plistlib, lxml"),
    "infodump": Family(dump_metafilter.write_infodump, "", plain_loops.table_rows, "zipfile, split"),
}
"""Every family, by name. An Infodump has no posts of its own: it is joined to a library by `askive enrich`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("posts", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    arguments = parser.parse_args()
    if arguments.posts < 1 or arguments.folder.exists():
        parser.error("there must be posts, and a folder that does not exist yet")
    print(json.dumps(FAMILIES[arguments.family].write(arguments.folder, arguments.posts, arguments.seed)))


if __name__ == "__main__":
    main()
