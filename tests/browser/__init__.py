"""Tests in a real browser: what readers see and do."""
