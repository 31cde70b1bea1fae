"""What follows from several sessions of the same two people."""
