"""A person on the page Train: what they do and see there, and trainings that are only told, state by state.

A told training answers the page's questions from a shipped run, so that every state can be shown at once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Locator, expect

from reader import Reader
from standin import Asked, stand_in
from transformer.runs import find_run

ID = "0123456789ab"
RUN = "reverse"
BLACK = "[data-part=controls] button.black:visible"


class Trainee(Reader):
    """One person with the page Train in front of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.expected: list[str] = []  # parts of console messages that a test brings about

    def complaints(self) -> list[str]:
        return [line for line in super().complaints() if not any(part in line for part in self.expected)]

    def train(self, **query: str) -> "Trainee":
        """Open the page, and wait until it says how things stand."""
        self.goto("/train?" + urlencode(query))
        expect(self.part("sentence")).not_to_be_empty()
        return self

    def come_back(self) -> None:
        """Come back to this window from another one: the page then looks how things stand, whatever it knows."""
        self.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")

    def deed(self, name: str) -> Locator:
        return self.lab.locator(f"[data-deed={name}]:not([hidden])")

    def field(self, name: str) -> Locator:
        return self.lab.locator(f"[data-field={name}]")

    def type_in(self, name: str, value: object) -> None:
        """Type a setting, and leave its box."""
        self.field(name).fill(str(value))
        self.field(name).press("Tab")

    def deeds(self) -> list[str]:
        """List the buttons of the controls that can be seen, the two beside the sentence apart."""
        read = "(nodes) => nodes.filter((n) => n.checkVisibility()).map((n) => n.dataset.deed)"
        return self.part("controls").locator("button:not(.chip)").evaluate_all(read)

    def strip(self) -> list[int]:
        """List the steps whose pictures stand in the strip."""
        read = "(nodes) => nodes.map((node) => Number(node.dataset.step))"
        return self.part("frames").locator("[data-step]").evaluate_all(read)

    def cursor(self) -> int:
        return int(self.part("slider").get_attribute("aria-valuenow") or -1)

    def wait_cursor(self, step: int) -> None:
        expect(self.part("slider")).to_have_attribute("aria-valuenow", str(step))

    def wait_film(self) -> None:
        """Wait until every picture of a finished training is there: a film comes in pieces."""
        expect(self.part("film")).to_have_attribute("aria-busy", "false")

    def hear(self, told: "Told") -> None:
        """Let all that is asked of trainings be told; our modules and style sheets come from the server as ever."""
        stand_in(self, {f"*/lab/{road}*": told.answer for road in ("train", "plan", "jobs", "texts", "film")})

    def asked(self, road: str) -> int:
        """Count the questions about something, such as /lab/jobs/."""
        return sum(road in url for url in self.requests)


def written_by(name: str) -> list[dict[str, Any]]:
    """Read what a shipped run wrote down."""
    return [json.loads(line) for line in (find_run(name) / "metrics.jsonl").read_text().splitlines()]


def lines_of(name: str = RUN) -> list[dict[str, Any]]:
    """Read what a shipped run wrote down, with answers that are easily told apart."""
    lines = written_by(name)
    for line in lines:
        line |= {"tokens": 12_345.6, "grad_norm": 1.0, "grad_norms": [0.5, 0.4, 0.3, 0.2, 0.1, 0.6]}
        if "valid_loss" in line:
            exact = line.setdefault("valid_exact_match", 0.0)
            right = exact > 0.9
            line["valid_accuracy"] = exact
            line["alignment"] = {"decoder.0.cross_attn": [exact / 2], "decoder.1.cross_attn": [exact]}
            line["outputs"] = [{"src": "abc", "tgt": "cba", "said": "cba" if right else "bbb", "right": right}]
    return lines


def steps_of(name: str = RUN) -> list[int]:
    return sorted(int(path.stem) for path in (find_run(name) / "snapshots").glob("*.safetensors"))


@dataclass
class Told:
    """A training that is told: `trainee.hear(told)`. Change it, and the page hears of it."""

    state: str = "running"
    mine: bool = True
    until: int = 10**9  # the step that it has reached
    recipe: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)  # whatever else its job says
    lost: bool = False  # does the line to the server break?
    refuses: dict[str, tuple[int, str, dict[str, Any]]] = field(default_factory=dict)  # road -> what it says instead
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=lines_of)
    steps: list[int] = field(default_factory=steps_of)
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def job(self) -> dict[str, Any]:
        step = max([line["step"] for line in self.lines if line["step"] <= self.until], default=0)
        queue = {"place": None, "of": None, "wait_s": None, "left_s": 4.0, "seconds": 12.3, "limit_s": 1800}
        name = {"id": ID, "task": RUN, "label": "reverse-0123", "run": None, "created": 1.0, "restarts": 0}
        whose = {"mine": self.mine, "teacher": False, "state": self.state, "wish": "go", "message": None}
        recipe = {"task": RUN, "steps": 1200, "seed": 7, **self.recipe}
        says = {"key": "jobs.says.running_seconds", "values": {"step": step, "steps": 1200, "seconds": 4}}
        return name | whose | queue | {"recipe": recipe, "step": step, "steps": 1200, "says": says} | self.change

    def answer(self, asked: Asked) -> None:
        """Answer a question about this training; whatever else is asked goes to the server."""
        address = urlsplit(asked.url)
        if self.lost:
            return asked.break_off()
        if address.path in self.refuses and asked.method == "POST":
            status, key, values = self.refuses[address.path]
            return asked.say_json({"error": key, "values": values}, status)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if asked.method == "POST" and address.path.startswith("/lab/jobs"):
            self.posted.append((address.path, asked.sent))
            begun = address.path == "/lab/jobs"  # every start is another job
            return asked.say_json(self.job | ({"id": f"{next(self.ids):012x}"} if begun else {}))
        if address.path.startswith("/lab/jobs/"):
            news = self.news(int(query["line"]), int(query["frame"]))
            return asked.say_json(news | {"job": self.job | {"id": address.path.split("/")[-1]}})
        if address.path == "/lab/film" and "job" in query:
            first = int(query["frame"])
            most = min(int(query["most"]), len(self.shown) - first)
            question = urlencode({"run": RUN, "frame": first, "most": most})
            return asked.ask_server(f"{address.scheme}://{address.netloc}/lab/film?{question}")
        return asked.ask_server()

    @property
    def shown(self) -> list[int]:
        return [step for step in self.steps if step <= self.until]

    def news(self, line: int, frame: int) -> dict[str, Any]:
        lines = [one for one in self.lines if one["step"] <= self.until]
        news = {"line": line, "lines": lines[line:], "frame": frame, "frames": self.shown[frame:]}
        return {"job": self.job, **news, "events": [one for one in self.events if one["step"] <= self.until]}
