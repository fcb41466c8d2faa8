"""Askive's engine room: from archived advice threads to ranked answers."""

__version__ = "0.1.0"
