"""What each page shows: one dataclass a page, complete, so that templates only set it in type."""
