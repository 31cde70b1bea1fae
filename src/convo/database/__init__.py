"""KEPT: artefacts, which are the truth, and the store that is made from them."""
