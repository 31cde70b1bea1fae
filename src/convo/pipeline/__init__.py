"""The way from a recording to its figures: the stages, their order, and what they are given."""
