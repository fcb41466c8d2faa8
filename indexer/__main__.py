"""`python -m indexer` is the command `askive`."""

from .cli import main

main()
