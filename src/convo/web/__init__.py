"""Reports served to a browser on the same computer."""
