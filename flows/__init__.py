"""Prefect flows: the only importers of prefect. Each task is one call into convo."""
