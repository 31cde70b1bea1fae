"""convo: recorded coaching conversations, turned into something both people can learn from."""
