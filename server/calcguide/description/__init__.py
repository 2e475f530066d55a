"""What each page says, as data: pure functions from a dataset to frozen dataclasses."""
