"""A process of `ask_apart` that says what the system lets it take; run by its test alone."""

from __future__ import annotations

import json
import resource

from mmmie.datasets.reading_apart import be_asked

if __name__ == "__main__":
    be_asked(
        lambda task: json.dumps(
            {name: resource.getrlimit(getattr(resource, name))[0] for name in task["limits"]}
        )
    )
