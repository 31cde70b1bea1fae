"""What a small language model makes of every turn: the learned half of finding phases."""
