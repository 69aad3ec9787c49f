"""What a conversion could not carry over, counted: each loss is told once."""

from collections import Counter


class Losses:
    """Counts losses by their sentence."""

    def __init__(self) -> None:
        """Nothing is lost yet."""
        self._counts: Counter[str] = Counter()

    def count(self, sentence: str, times: int = 1) -> None:
        """Something was lost. `sentence` has `{n}` for how often, `{s}` or `{y}` where a plural has s or ies."""
        if times > 0:
            self._counts[sentence] += times

    def tell(self, sentence: str) -> None:
        """Something was lost that has no count."""
        self._counts[sentence.replace("{", "{{").replace("}", "}}")] = 1

    def lines(self) -> tuple[str, ...]:
        """One sentence for each loss."""
        return tuple(
            sentence.format(n=count, s="" if count == 1 else "s", y="y" if count == 1 else "ies")
            for sentence, count in self._counts.items()
        )
