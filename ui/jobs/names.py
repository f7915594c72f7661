"""Whose each run is and what people call it, kept in memory as long as the index does not change behind our back."""

import contextlib
import threading
import time

from ui.jobs.folders import Named
from ui.jobs.store import UNREADABLE, Store

AS_OLD = 1.0  # seconds: another server on the same folder may have changed something


class Names:
    """The runs of people, by name. `owner` is the SHA-256 of a visitor's cookie."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = threading.Lock()
        self.read = float("-inf")
        self.known: dict[str, Named] = {}

    def _all(self) -> dict[str, Named]:
        with self.lock:
            if time.monotonic() - self.read > AS_OLD and self.store.folders.root.is_dir():
                with contextlib.suppress(*UNREADABLE):  # pages work without it: what was known is known still
                    self.known = {named.name: named for named in self.store.named()}
                self.read = time.monotonic()
            return self.known

    def label(self, name: str) -> str | None:
        """Give what people call a run, None if nobody has named it."""
        named = self._all().get(name)
        return (named.label or None) if named else None

    def owner(self, name: str) -> str | None:
        """Give the visitor whose run it is; None for one that came with the program or by hand."""
        named = self._all().get(name)
        return (named.owner or None) if named else None

    def labels(self) -> dict[str, str]:
        """Give all labels by run."""
        return {name: named.label for name, named in self._all().items() if named.label}

    def owners(self) -> dict[str, str]:
        """Give all owners by run."""
        return {name: named.owner for name, named in self._all().items() if named.owner}

    def name_run(self, name: str, label: str) -> None:
        """Call a run something else; the label was checked by whoever asks."""
        self._enter(Named(name, self.owner(name) or "", label))

    def adopt(self, name: str, owner: str, label: str | None) -> None:
        """Say whose a run is that was brought from elsewhere."""
        self._enter(Named(name, owner, label or ""))

    def forget(self, name: str) -> None:
        """Forget a run that is gone."""
        self.store.unname(name)
        self.read = float("-inf")

    def writing(self) -> set[str]:
        """Name the runs that a job writes now or will write."""
        return {job.name for job in self.store.in_state("waiting", "running", "paused")}

    def _enter(self, named: Named) -> None:
        self.store.name(named)
        self.read = float("-inf")
