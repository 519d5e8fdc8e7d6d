"""Say what was found, to a person at a terminal."""
