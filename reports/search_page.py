"""The page of a search: the winner first, then each constant's effect, and all trials."""

from dataclasses import dataclass
from html import escape

import numpy as np

from core.wording import counted
from evaluation.intervals import error_of_trial_means, expected_maximum_gain
from reports import plots
from reports.formatting import format_error, format_number, score_format
from reports.html import figure, heading, links, paragraph, preformatted
from reports.sortable import Cell, Column, page_with_table, shortened, sortable

LONGEST_NUMBER = 8  # characters of a number that is shown whole


@dataclass(frozen=True)
class SearchPage:
    """What the page of a search shows. Trials are numbered from 0 here, from 1 on the page."""

    dataset: str
    metric: str
    better: str  # "higher" or "lower"
    trials: list  # of {constant: value}
    rungs: list  # epochs of each round
    scores: np.ndarray  # (trials, rungs) mean validation score, NaN where a trial was stopped before
    losses: np.ndarray  # (trials, rungs)
    seconds: np.ndarray  # (trials,) of training, all rounds
    repeats: np.ndarray  # (trials, repeats) validation scores of the first round
    order: list  # numbers of the trials, best first
    verdict: str  # of the winner's evaluation
    test_score: float  # of the winner
    paste: list  # lines with the winner's constants
    links: dict  # {what: address}

    @property
    def score_name(self):
        """What the validation score is, with its unit."""
        return f"validation {self.metric}" + ", as training scales it" * (self.metric == "rmse")


def search_page(search):
    """Return the page of a search, HTML. search: SearchPage."""
    form, metric, winner = score_format(search.metric), search.metric, search.order[0]
    n, epochs = len(search.trials), search.rungs[0]
    reached = (np.isfinite(search.losses) | np.isfinite(search.scores)).sum(axis=1)
    best = search.scores[winner, reached[winner] - 1]
    body = [
        f"<h1>Search on {shortened(search.dataset)}</h1>",
        paragraph(
            f"The best of {counted(n, 'trial')} is trial {winner + 1}: trained on the whole training set, its test "
            f"{metric} is {form(search.test_score)}. {search.verdict}",
            "verdict",
        ),
        paragraph(
            f"Its mean {search.score_name} was {form(best)}{': the best of many looks better than it is' * (n > 1)}. "
            + luck(search)
        ),
        links(search.links),
        heading("The winner's constants"),
        preformatted("\n".join(f"# {line}" if line and " = " not in line else line for line in search.paste)),
        heading("What each constant does"),
        paragraph(
            f"All trials after the {counted(epochs, 'epoch')} that each was trained for, so that they can be compared; "
            "the line joins the means of a value, or of neighbouring ones. Filled dots went on to the last round, the "
            "largest won. What accounts for most of the differences between trials comes first; what pays after more "
            "epochs can be another thing."
        ),
        f'<div class="panels">{"".join(_panels(search))}</div>',
    ]
    if len(search.rungs) > 1:
        rounds = plots.against_epochs(search.scores, search.rungs, winner, search.score_name)
        body += [heading("The rounds"), figure(rounds, "The best third of each round went on; the winner in colour.")]
    body += [heading("All trials"), paragraph("Those trained longest come first, and of these the lowest loss.")]
    body.append(sortable(_columns(search, reached), "All trials"))
    return page_with_table(f"Search: {search.dataset}", body)


def luck(search):
    """Say how far ahead the best trial is, and how far it would be by luck alone were all equally good."""
    known = search.repeats[np.isfinite(search.repeats).all(axis=1)]
    n, epochs = len(known), counted(search.rungs[0], "epoch")
    error = error_of_trial_means(known)
    if not np.isfinite(error):
        return "How much of that is luck, nothing tells: it takes two trials and REPEATS = 2, or more."
    means = known.mean(axis=1)
    lead = means.max() - means.mean() if search.better == "higher" else means.mean() - means.min()
    gain = expected_maximum_gain(error, n)
    found = (
        f"After {epochs}, the best of {n} trials was ahead of their mean by {format_error(lead, 3)} ({search.metric}); "
        f"were all equally good, luck alone would put the best of {n} ahead by {format_error(gain, 3)} (Blom 1958)"
    )
    return f"{found}." if lead > gain else f"{found}: these trials are not shown to differ."


def _panels(search):
    """Return a picture for each constant that was searched, the one that explains most first."""
    first, winner, n = search.scores[:, 0], search.order[0], len(search.trials)
    kept = np.isfinite(first)
    last = np.isfinite(search.losses[:, -1])
    kinds = ["finalist" if own else "stopped" for own in last]
    y, label = plots.limits(first), search.score_name
    panels = []
    for name in search.trials[0]:
        values = [trial[name] for trial in search.trials]
        share = plots.explained(first[kept], plots.groups_of_values(values)[0][kept]) if kept.any() else 0.0
        says = f"{name} accounts for about {100 * share:.0f} % of the variance between trials (adjusted R²)"
        if len({repr(value) for value in values}) == 1:
            says = f"{name} was the same in all trials"
        elif share < 0.005:
            says = f"{name}: no effect that {n} trials would show"
        drawn = plots.against_constant(name, values, first, kinds, winner, label, y)
        panels.append((share, f"<figure>{drawn}<figcaption>{escape(says)}</figcaption></figure>"))
    return [panel for _, panel in sorted(panels, key=lambda pair: -pair[0])]


def _columns(search, reached):
    """Return the columns of the table of trials, best first."""
    form, order = score_format(search.metric), search.order
    last = {trial: (trial, reached[trial] - 1) for trial in order}

    def written(values, form):
        return [form(values[last[trial]]) if np.isfinite(values[last[trial]]) else "none" for trial in order]

    return [
        Column("trial", [str(trial + 1) for trial in order]),
        Column("epochs", [str(search.rungs[reached[trial] - 1]) for trial in order]),
        Column(search.score_name, written(search.scores, lambda value: form(value, 4))),
        Column("validation loss", written(search.losses, lambda value: f"{value:.4f}")),
        Column("seconds", [format_number(round(search.seconds[trial], 1)) for trial in order]),
        *(Column(name, [_value(search.trials[trial][name]) for trial in order]) for name in search.trials[0]),
    ]


def _value(value):
    """Return the cell of a constant's value; of a number that was drawn four digits are shown."""
    text = repr(value)
    return Cell(text, f"{value:.4g}") if isinstance(value, float) and len(text) > LONGEST_NUMBER else text
