"""Step 8 of the lesson: what the modalities tell about the label, each alone and together."""

from __future__ import annotations

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.label_parts import QUESTION, parts_figure, parts_legend, parts_title, with_truth
from app.parts.waiting import follow, waiting
from app.screens.learn.frame import Formula, closing, large, opening
from app.screens.learn.subject import Subject
from mmmie.analysis.bounds.label_information import LabelInformation, parts_table
from mmmie.analysis.outputs import cache_folder

FORMULA = Formula(
    (r"I(x_m, x_n; y) \;=\; R + U_m + U_n + S",),
    (
        (r"I", "what two modalities tell about the label together, in nats"),
        (r"R", "what each of the two tells on its own: *both* know it"),
        (r"U_m", "what only m tells; R + Uₘ is all that m tells"),
        (r"S", "what neither tells alone: *only together* they do"),
    ),
)  # fmt: skip
_LEAD = (
    "The whole bar is the label. Some of it words and voice both tell; some only one of them. And "
    "some neither tells alone: words that praise in a voice that does not mean it. That part is "
    "**synergy**, and only a model that reads both can have it."
)
_EXPLANATION = """
Each bar is the entropy of the label: all there is to tell. Its parts are what both modalities tell,
what only one tells, what only the two together tell, and what neither does. *Codes* are what the
model makes of an utterance, *features* what it is given. *Generator* is the truth of the demo
corpus. The page Mutual information has the intervals, every slice and every epoch.
"""


def draw_who_knows(subject: Subject) -> None:
    """Draw the eighth step."""
    checkpoint = subject.view.checkpoint
    if len(checkpoint.info.modalities) < 2:
        opening("A single modality has nobody to share with", _LEAD)
    else:
        cache = cache_folder(checkpoint.info.folder)
        task = LabelInformation(checkpoint, subject.view.corpus, subject.view.split, cache)
        follow(task.work, lambda: _draw(subject, task))
    closing(
        FORMULA,
        "In the bars, *both* is the largest part. Why read more than one modality, then?",
        "Because what both tell, each tells with noise of its own: together they are surer, and "
        "one may be missing or misleading. On sarcastic turns the words alone mislead.",
    )


def _draw(subject: Subject, task: LabelInformation) -> None:
    parts = parts_table(task.lines())
    if parts.empty or task.work.active:
        opening(QUESTION, _LEAD)
        came = len(parts) / task.count, f"{len(parts)} of {task.count} decompositions are there"
        waiting(task.work, QUESTION, came, task.start, offer="Find out, in a minute or two")
        return
    whole = with_truth(parts[parts["source"] != "epochs"], subject.view.corpus.facts)
    opening(parts_title(whole[whole["source"] == "codes"]), _LEAD)
    say.legend(parts_legend())
    figure(
        large(parts_figure(whole, list(subject.view.checkpoint.info.modalities))),
        key="lesson-label-parts",
        caption=f"{int(whole['n'].max()):,} utterances of the {subject.view.split} split, each by "
        "models that saw no turn of its conversation.",
        explanation=_EXPLANATION,
        data=whole,
        alt="What pairs of modalities tell about the label, as stacked bars",
    )
