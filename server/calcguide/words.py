"""A number with what it counts, in words."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return the number with the word for one, or for any other number of them.

    `many` is needed where it is not `one` with an s: `counted(1, "match", "matches")`.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
