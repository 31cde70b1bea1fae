"""For all tests: laws are checked on examples however slow the machine is just then."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

collect_ignore_glob = ["*conftest.py"]  # no doctests in them, and several have the same name
