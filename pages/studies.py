"""Studies: the experiments of the paper on one's own datasets, each named by the question it answers."""

from __future__ import annotations

from ui.app import layout, reads
from ui.studies import answer, ask

layout.header("Studies", "Nine questions about your own images, each answered by an experiment you can repeat.")
ready = reads.ready()
if not ready:
    layout.nothing_extracted()

study = ask.choose_study()  # above both: a whole question fits
result, knobs = layout.result_and_knobs()
with knobs:
    asked = ask.choose(study, ready)
with result:
    if asked is None:
        layout.found(study.question)
        layout.caption(f"{study.about} After {study.source}.")
    else:
        answer.draw(asked)
    ask.others(study)
