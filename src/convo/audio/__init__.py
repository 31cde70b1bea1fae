"""RECORDING to WORDS and SEGMENTS: the only code that knows a model."""
