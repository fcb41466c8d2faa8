"""The library in a browser: server-rendered pages and their JSON twins. `create_app` is the way in."""

from .app import create_app

__all__ = ["create_app"]
