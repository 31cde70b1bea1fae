"""Deleting a session, or only its sound, wherever something of it lies."""
