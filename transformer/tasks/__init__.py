"""What a model can be trained to do: each task makes its own examples, with everything known about their right answer.

The page Train lists the tasks; Explore takes its example chips and word lists from here.
"""

from transformer.tasks.addition import AdditionTask
from transformer.tasks.base import Example, Flip, Split, Task
from transformer.tasks.chinese import ChineseTask
from transformer.tasks.dates import DatesTask
from transformer.tasks.french import FrenchTask
from transformer.tasks.letters import CopyTask, ReverseTask, SortTask

__all__ = [
    "TASKS",
    "AdditionTask",
    "ChineseTask",
    "CopyTask",
    "DatesTask",
    "Example",
    "Flip",
    "FrenchTask",
    "ReverseTask",
    "SortTask",
    "Split",
    "Task",
]

TASKS: dict[str, Task] = {
    "copy": CopyTask(),
    "reverse": ReverseTask(),
    "sort": SortTask(),
    "addition": AdditionTask(),
    "dates": DatesTask(),
    "fr": FrenchTask(),
    "zh": ChineseTask(),
}
