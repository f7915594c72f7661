"""What a person reads while a training runs: a bar that grows in place, and remarks on lines of their own."""

from typing import TextIO


class Bar:
    """Write to a stream, such as stderr; None for nowhere."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.open = False  # the cursor stands behind the bar

    def draw(self, step: int, steps: int, loss: float, seconds: float) -> None:
        """Draw how far the training is: [#####...............] 230/900  loss 0.412  17 s left."""
        if self.stream is not None:
            done = "#" * (20 * step // steps)
            left = seconds / step * (steps - step)
            self.stream.write(f"\r[{done:.<20}] {step}/{steps}  loss {loss:.3f}  {left:.0f} s left   ")
            self.stream.flush()
            self.open = True

    def close(self) -> None:
        """Leave the bar as it is and go to the next line."""
        if self.stream is not None and self.open:
            self.stream.write("\n")
        self.open = False

    def say(self, sentence: str) -> None:
        """Write a remark."""
        self.close()
        if self.stream is not None:
            self.stream.write(sentence + "\n")
