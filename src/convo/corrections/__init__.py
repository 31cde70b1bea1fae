"""What people put right, and everything that follows from it made again."""
