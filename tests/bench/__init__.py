"""Measurements: commands that print figures, for the documents and for decisions."""
