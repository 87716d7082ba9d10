"""The page of a cross-validation: the verdict first, then the score of each fold beside its rivals'."""

from dataclasses import dataclass

import numpy as np

from baselines import DESCRIPTIONS, short_description
from core.wording import counted_of
from evaluation.intervals import skill
from reports import plots
from reports.formatting import format_change, score_format
from reports.html import figure, folded, heading, lay_out, links, paragraph, preformatted, table
from reports.sortable import Column, page_with_table, shortened, sortable


@dataclass(frozen=True)
class FoldsPage:
    """What the page of a cross-validation shows."""

    dataset: str
    metric: str
    better: str  # "higher" or "lower"
    judged: str  # what the score is of
    seeds: bool  # what differs is SEED alone: the data have a test set of their own
    folds: list  # that have a score, what each held out: see experiments.cross_validation.FoldResult
    names: list  # of the scores: the metric, then the baselines
    scores: np.ndarray  # (folds, names)
    rival: str  # the strongest baseline
    lines: list  # what all folds together come to, as printed
    blocks: list  # of all folds together: see Report
    constants: dict  # {name: value}
    links: dict  # {what: address}

    @property
    def pair(self):
        """The scores of the network and its rival (folds, 2)."""
        return self.scores[:, [0, self.names.index(self.rival)]]


def advantage(pair, metric, better):
    """Return how far the network is ahead of its rival on each fold (n,), below 0 where it is behind.

    pair (n, 2): scores of both. Of errors it is the skill.
    """
    own, other = pair.T
    if metric == "rmse":
        return skill(own, other)
    return (own - other) * (1 if better == "higher" else -1)


def folds_verdict(pair, metric, better, rival, seeds, judged="network"):
    """Say whether what is judged is ahead of its rival, in one line: see advantage. NaN does not count."""
    pair = pair[~np.isnan(pair).any(axis=1)]
    if not len(pair):
        return f"No {'seed' if seeds else 'fold'} has a score: nothing can be compared"
    lead, form = advantage(pair, metric, better), score_format(metric)
    mean, other = map(form, pair.mean(axis=0))
    what = "skill (1 - RMSE / RMSE of the baseline)" if metric == "rmse" else "advantage"
    one = "with one seed" if seeds else "on one fold"
    return (
        f"The {judged} is ahead of the best baseline, {DESCRIPTIONS[rival]}, {'with' if seeds else 'on'} "
        f"{(lead > 0).sum()} of {len(lead)} {'seeds' if seeds else 'folds'}: mean {metric} {mean} against {other}, "
        f"{what} {one} from {format_change(lead.min())} to {format_change(lead.max())}"
    )


def unscored_lines(pair):
    """Say how many folds have no score, a list of one line or none; pair (n, 2): see advantage."""
    unscored = int(np.isnan(pair).any(axis=1).sum())
    few = f"{counted_of(unscored, len(pair), 'fold', 'have')} no score: without anomalies, or without normal sequences"
    return [few] * bool(unscored)


def folds_page(run):
    """Return the page of a cross-validation, HTML. run: FoldsPage."""
    form, what = score_format(run.metric), "seed" if run.seeds else "fold"
    said = "All seeds are scored on the same test set: what varies between them is training alone."
    if not run.seeds:
        said = "Folds share most of their training data, so that new data can differ more than they do."
    labels = [f"this {run.judged}", short_description(run.rival)]
    drawn = []
    if len(run.scores):
        svg = plots.fold_scores([own.fold for own in run.folds], run.pair, labels, run.metric)
        drawn = [figure(svg, f"The {run.metric} of each {what}, joined with that of {labels[1]}")]
    constants = "\n".join(f"{name} = {value!r}" for name, value in run.constants.items())
    means = [
        [name, form(own.mean(), 3) if len(own) else "", form(own.std(ddof=1), 3) if len(own) > 1 else ""]
        for name, own in zip(run.names, run.scores.T)
    ]
    means[0][0] = labels[0]
    return page_with_table(
        f"Cross-validation: {run.dataset}",
        [
            f"<h1>Cross-validation on {shortened(run.dataset)}</h1>",
            paragraph(
                f"{folds_verdict(run.pair, run.metric, run.better, run.rival, run.seeds, run.judged)}.", "verdict"
            ),
            paragraph(said),
            links(run.links),
            *drawn,
            table(["", f"mean {run.metric}", "standard deviation"], means, "Mean scores"),
            heading(f"Each {what}"),
            sortable(_columns(run, what), f"Each {what}"),
            heading("All together"),
            paragraph(run.lines[-1]),
            *lay_out(run.blocks),
            folded("All constants", preformatted(constants)),
            folded("All folds together, as printed", preformatted("\n".join(run.lines))),
        ],
    )


def _columns(run, what):
    """Return the columns of the table of folds."""
    form, lead = score_format(run.metric), advantage(run.pair, run.metric, run.better)
    return [
        Column(what, [own.fold for own in run.folds]),
        Column("held out", [str(own.test) for own in run.folds]),
        *(Column(name, [form(value) for value in own]) for name, own in zip(run.names, run.scores.T)),
        Column("skill" if run.metric == "rmse" else "advantage", [format_change(value) for value in lead]),
        Column("seconds", [f"{own.seconds:.1f}" for own in run.folds]),
    ]
