"""What a model can be trained to do: each task makes its own examples, with everything known about their right answer.

The page Train lists the tasks; Explore takes its example chips and word lists from here.
"""

from transformer.tasks.base import Example, Flip, Split, Task
from transformer.tasks.french import FrenchTask

__all__ = ["TASKS", "Example", "Flip", "FrenchTask", "Split", "Task"]

TASKS: dict[str, Task] = {"fr": FrenchTask()}
