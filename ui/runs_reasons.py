"""Why a run cannot be used, in the reader's language: a string key for each kind of damage that its sentence tells.

The sentence itself is for whoever repairs a folder by hand: it names files, sizes and tensors, and is English.
"""

import re
from typing import Any

LONGEST = 300  # characters of a sentence about a folder, which may quote what lies in it

# The first that fits; what stands in brackets is the file.
REASONS = {
    "no_weights": "it has no weights yet",
    "folder": "its name may have|is a link|belong in a run folder|holds no manifest|no such folder|holds more than",
    "gone": r"(\S+) is missing",
    "damaged": r"(\S+) is damaged: it is not the file",
    "newer": r"(\S+) has format .* this program reads",
    "large": r"(\S+) (?:is larger than|has \d+ bytes, more)",
    "large_model": r"(config\.json) describes no model: .*more than the limit",
    "disk": "could not be read|is being saved again",
    "not_finite": r"(\S+) holds numbers in .* that are not finite",
    "other_model": r"(\S+) (?:lacks |also holds |holds \S+ (?:of shape|as )|has \d+ tokens|describes the heads of)",
    "unreadable": r"(\S+) (?:is not |is a |has |holds |describes |lists |gives |must hold |says )",
}


def reason_of(error: str) -> dict[str, Any]:
    """Give the string key of a reason, with the file that it is about and the sentence that says it exactly."""
    error = re.sub(r"^run '[^']*': ", "", error)[:LONGEST]
    for name, pattern in REASONS.items():
        if found := re.match(pattern, error) or (None if "(" in pattern else re.search(pattern, error)):
            file = next(filter(None, found.groups()), "")
            return {"why": f"runs.why.{name}", "file": file[:60], "said": error}
    return {"why": "runs.why.other", "file": "", "said": error}
