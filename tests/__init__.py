"""Tests of calcguide."""
