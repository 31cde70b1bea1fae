"""How the phase model is made: ``make train``. Nothing here runs when sessions are processed."""
