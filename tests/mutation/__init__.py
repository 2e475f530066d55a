"""Mutation test: the good data are changed in many ways, and each wrong one must be noticed."""
