"""How seeds, and other lists of numbers, are written on the command line."""

from dcgan.errors import UsageError

MOST = 10_000_000
DIGITS = 1000  # of a number, at most: Python does not read those of many thousands


def parse_seeds(text: str, flag: str = "--seeds") -> list[int]:
    """Numbers and ranges, such as "0-63,100", in the order written.

    Raises:
        UsageError: It is no such list, or a range runs backwards.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UsageError(f"{flag} {text!r}: {part!r} is neither a number nor a range; write for example 0-63,100")
        if (digits := max(len(first), len(last))) > DIGITS:
            raise UsageError(f"{flag}: a number has {digits:,} digits; numbers must be below 2^63")
        start, end = int(first), int(last) if dash else int(first)
        if end < start:
            raise UsageError(f"{flag} {text!r}: the range {part} runs backwards")
        if end >= 2**63 or len(seeds) + end - start >= MOST:
            raise UsageError(f"{flag} {text!r}: numbers must be below 2^63, and at most {MOST:,} fit in one list")
        seeds.extend(range(start, end + 1))
    return seeds
