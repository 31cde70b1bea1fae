"""Formats that other programs write: transcripts come in here, one module a format."""
