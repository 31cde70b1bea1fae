"""WORDS to TURNS to MEANING: pure functions, no files, no models."""
