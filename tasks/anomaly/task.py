"""Anomalies: what is normal is learned from normal sequences; labels, where there are some, only score."""

from dataclasses import dataclass, replace

import numpy as np

from baselines import AUTOENCODER, FOREST, PCA, RANDOM, unusual
from core.errors import InputError
from core.lazy import layers
from core.wording import counted, format_percent
from evaluation.anomaly_scores import held_out_rate, p_values, score_anomalies, share_interval, threshold_of
from evaluation.pooled_scores import pool_scores
from networks.layer_names import OUTPUT, PREPARED
from reports import Report, Table
from reports.anomaly import (
    SHOWN,
    alarm_rows,
    anomaly_lines,
    auc_line,
    draw_series,
    draw_unusual,
    draw_unusual_pictures,
    new_lines,
    score_table,
    verdict_on_network,
)
from reports.formatting import cut_middle, format_interval
from sequences.held_out import SEPARATE, draw_held_out, groups_of_windows, training_groups
from sequences.ignored_labels import labels_present
from sequences.rows_on_disk import RowsOnDisk
from sequences.splits import split_sequences
from sequences.windows import WindowNames
from tasks.anomaly.detector import held_out_distances, reference_places, with_distances
from tasks.anomaly.sensor_faults import find_causes, levels_vary, limits_of
from tasks.anomaly.series_scores import row_values, score_series
from tasks.base import Task, flat_inputs_function
from tasks.classification.labels import class_name

NORMAL = ("normal", "0", "n", "false")  # names of what is normal, the first that occurs; else the most frequent label
UNLABELLED = "unlabelled"
UNLIKE = "unlike those of training"  # pictures and clips, which no sensor explains
RATE = 0.05  # of false alarms, that the threshold is set for; p-values allow any other
FLOOR = 1e-3  # of the usual distance: equal sequences have the distance 0, and no logarithm


@dataclass(frozen=True)
class Anomaly(Task):
    """How far a sequence is from normal training sequences; the network, an autoencoder, has a score beside it."""

    normal: str  # label of what is normal
    spaces: list[str]  # in which distances are measured: see detector.py
    limits: list[list[float]]  # of each feature in training: lowest, highest, longest straight stretch; [] of pixels
    centre: list[float] | None = None  # of the logarithm of each distance from other groups of normal sequences
    spread: list[float] | None = None
    held_out: list[float] | None = None  # scores of normal training sequences, from other groups, sorted
    held_out_rate: list[float] | None = None  # false alarms among groups that set no threshold, lowest, highest
    groups: str | None = None  # how many there are, and of what

    metric = "roc_auc"
    judged = "detector"
    without_effect = ("TARGET", "KNOWN", "WINDOW", "STRIDE", "HORIZON", "SEASON", "CLASS_WEIGHT", "LINEAR_START")

    # From Sequences to splits.

    @classmethod
    def as_read(cls, train, test, c):
        """Return Sequences, and those of the official test set or None, in which labels say what is normal."""
        if train.kind == "texts" or isinstance(train.x, RowsOnDisk):
            raise InputError(f'TASK = "anomaly" is impossible with {c.DATASET}: it takes numbers that fit in memory')
        if np.ndim(train.x[0]) > 2 and c.FRAME_ENCODER is None:
            raise InputError('TASK = "anomaly" takes features of clips, not pixels: FRAME_ENCODER makes them')
        if c.VALIDATION_SIZE or train.splits is not None and (train.splits == 1).any():
            raise InputError(
                'a validation set (VALIDATION_SIZE, or of a search) is impossible with TASK = "anomaly": normal '
                "sequences alone choose no network. The threshold comes from held-out training sequences; "
                "cross_validate_model.py compares constants"
            )
        if train.kind == "series" and test is None and any(train.held_out or []):
            ends = [len(x) - held_out for x, held_out in zip(train.x, train.held_out)]
            test = train.replace(x=[x[end:] for x, end in zip(train.x, ends) if end < len(x)], notes=())
            train = train.replace(x=[x[:end] for x, end in zip(train.x, ends)])
        train, test = (own and cls._labelled(own) for own in (train, test))
        if train.kind == "streams" and len(train.x) == 1 and c.WINDOW is None:
            raise InputError(f"{c.DATASET} is one long series: set WINDOW, the rows that are scored together")
        normal, why = find_normal(train, c)
        return train.replace(normal=normal).noted(f"normal: {why}"), test and test.replace(normal=normal)

    @classmethod
    def _labelled(cls, sequences):
        """Return Sequences with a label, UNLABELLED where there are none; series become streams."""
        if sequences.y is None:
            rows = [np.full(len(x), UNLABELLED) for x in sequences.x]
            by_row = sequences.kind in ("series", "streams")
            sequences = sequences.replace(y=rows if by_row else np.full(len(rows), UNLABELLED))
        kind = "streams" if sequences.kind == "series" else sequences.kind
        if (sequences.y[0] if isinstance(sequences.y, list) else sequences.y).ndim > 1:
            raise InputError('TASK = "anomaly" needs one label a sequence or a row, or none: LABEL names one column')
        unit = {"times": None, "zones": None, "clock": None, "held_out": None, "positions": None}
        return sequences.replace(kind=kind, **unit)

    @classmethod
    def split(cls, train, test, c, validation_seed, fold=None):
        """Split Sequences, and leave the anomalies out of the training set."""
        anomalous = are_anomalies(train.y, train.normal)
        stratify = min(np.bincount(anomalous, minlength=2)) > 1
        rows = split_sequences(train.replace(y=anomalous), test, c, validation_seed, stratify, fold)
        rows["training"] = rows["training"][~anomalous[rows["training"]]]
        if len(rows["training"]) < 2:
            raise InputError(
                f"the training set has {counted(len(rows['training']), 'sequence')} with the label "
                f"{train.normal!r}, which counts as normal: two are needed"
            )
        return rows

    @classmethod
    def fit(cls, train, rows, c):
        """Learn the limits of the normal training sequences `rows`, but of pixels that an encoder takes."""
        if c.FRAME_ENCODER is not None and train.of_pixels:
            return cls(train.normal, ["shapes", "values"], [])
        lone = isinstance(train.names, WindowNames) and len(train.names.begins) == 1
        limits = limits_of(train.x, rows)
        if all(low == high for low, high, _ in limits):
            raise InputError("all normal training sequences are constant and equal: nothing can be told from them")
        level = c.STANDARDISE == "training" and levels_vary(train.x, rows)
        return cls(train.normal, ["values"] if lone else ["shapes", "values"] if level else ["shapes"], limits)

    def make_splits(self, train, test, rows, c):
        """Mark the anomalies of the test set by 1, and of the training set by -1 what the network is not trained on."""
        splits, prepared = super().make_splits(train, test, rows, c)
        groups, kind = training_groups(prepared, splits["training"], c)
        splits["training"].y[draw_held_out(groups, kind, c.SEED)] = -1
        left_out = len(train.x) - len(rows["training"]) - (len(rows["test"]) if test is None else 0)
        notes = [f"anomalies of the training set, left out: {left_out}"] if left_out else []
        if self.spaces == ["shapes"]:
            notes.append(
                "normal sequences do not differ in level, as if each was standardised: shapes alone are compared"
            )
        if len(splits["training"]) > len(reference_places(splits["training"], c.SEED)):
            most = len(reference_places(splits["training"], c.SEED))
            notes.append(
                f"the nearest are sought among {most:,} of {len(splits['training']):,} training sequences, drawn"
            )
        return splits, prepared.noted(*notes)

    def encode(self, labels, split_name, c):
        """Tell which labels (n,) are not the normal one: int64 (n,) of 0 and 1."""
        return are_anomalies(labels, self.normal).astype(np.int64)

    # The network and its training.

    def output_layer(self, data, c):
        """Return the function that makes what the network misses of the sequence: (n, time × features)."""

        def make(features, prepared):
            flat = layers.Flatten(name=PREPARED)(prepared)
            return layers.Subtract()([layers.Dense(flat.shape[1], name=OUTPUT)(features), flat])

        return make

    def compile_arguments(self, model):
        """Return the mean square of what is missed, in deviations."""
        return {"loss": "mse", "metrics": []}

    def loss_targets(self, split, data, c):
        """Return zeros: nothing should be missed."""
        return np.zeros((len(split), 1), np.float32)

    def sample_weights(self, y, c):
        """Return 0 for what is held out, and for the others what makes the mean weight 1: (n,)."""
        trained = y >= 0
        return (trained * len(y) / trained.sum()).astype(np.float32)

    def finish(self, model, data, c):
        """Return the model of distances: see detector.py."""
        return with_distances(model, data, self, c)

    def after_training(self, model, data, c):
        """Return the task with the scores of normal sequences, each from other groups than its own."""
        groups, kind = training_groups(data.sequences, data.train, c)
        places = reference_places(data.train, c.SEED)
        distances = held_out_distances(model, data.train, self.spaces, groups, c.SEED)
        usual = np.median(distances, axis=0)
        if not (usual > 0).all():
            raise InputError("most normal training sequences are equal to others: no distance can be judged")
        logs = np.log(np.maximum(distances, FLOOR * usual))
        learned = replace(self, centre=np.log(usual).tolist(), spread=np.maximum(logs.std(axis=0), 1e-6).tolist())
        scores = learned.joined(distances)
        rate, interval = held_out_rate(scores, groups[places], RATE, c.SEED)
        count = len(np.unique(groups[places]))
        return replace(
            learned,
            held_out=np.sort(scores).tolist(),
            held_out_rate=[rate, *interval],
            groups=f"{count} {kind}",
        )

    def uncalibrated(self):
        """Return the task as it was before training."""
        return type(self)(self.normal, self.spaces, self.limits)

    def output_shape(self):
        """Return the shape of the saved network's answer for one sequence."""
        return (1 + len(self.spaces),)

    def describe_target(self):
        """Say in a few words what is learned."""
        return f"what is normal ({self.normal!r})" if self.normal != UNLABELLED else "what is normal (no labels)"

    # What comes out.

    def joined(self, distances):
        """Return the score (n,) of distances (n, spaces): their logarithms, brought to one scale and added."""
        usual = np.exp(self.centre)
        return ((np.log(np.maximum(distances, FLOOR * usual)) - self.centre) / self.spread).sum(axis=1)

    def decode(self, output):
        """Return (n, 2): the score of the distances, and the network's own."""
        return np.stack([self.joined(output[:, 1:]), output[:, 0]], axis=1)

    @property
    def threshold(self):
        """The score that raises an alarm."""
        return threshold_of(np.array(self.held_out), RATE)

    def threshold_line(self):
        """Say what the threshold rests on."""
        n, (rate, low, high) = len(self.held_out), self.held_out_rate
        set_for = f"Threshold: {self.threshold:.3g}, for {format_percent(RATE)} of false alarms"
        if not np.isfinite(self.threshold):
            return (
                f"Threshold: none, {counted(n, 'held-out normal sequence')} allow no p-value of {RATE} (19 are needed)"
            )
        if self.groups.endswith(SEPARATE):
            return f"{set_for}, from {n} held-out normal sequences, each from all others"
        held_out = f"{set_for}; in held-out groups ({self.groups}) it gave {format_percent(rate)}"
        interval = f"95 % interval {format_interval([low, high], format_percent)}"
        lone = ". All are of one recording: it may not hold for another" if "blocks" in self.groups else ""
        return f"{held_out}, {interval}{lone}"

    def score(self, split, answers):
        """Return the ROC-AUC of answers (n, 2), NaN where the split has no anomaly or nothing normal."""
        groups = np.arange(len(split))
        return score_anomalies(split.y == 1, {"detector": answers[:, 0]}, groups, draws=0)["roc_auc"]

    def baselines(self, data, c):
        """Score the test set without a network. Returns: ({name: scores (n,)}, notes)."""
        inputs = flat_inputs_function(self, data, c)
        normal = inputs(data.train.take(reference_places(data.train, c.SEED)))
        new = np.concatenate([inputs(x) for x in data.test.blocks(1024)])
        return {
            PCA: unusual.pca_scores(normal, new),
            FOREST: unusual.forest_scores(normal, new, c.SEED),
            RANDOM: np.random.default_rng(c.SEED).random(len(new)),
        }, []

    def figures(self, data, answers, rivals, c):
        """Score answers (n, 2) of the test set. Returns: (figures, row_values of series or None)."""
        test, anomalous = data.test, data.test.y == 1
        scores, windows = {"detector": answers[:, 0], AUTOENCODER: answers[:, 1], **rivals}, None
        groups = groups_of_windows(test.names, test.rows)[0] if isinstance(test.names, WindowNames) else None
        groups = np.arange(len(test)) if groups is None else groups
        figures = score_anomalies(anomalous, scores, groups, c.SEED)
        alarms = answers[:, 0] > self.threshold
        for name, which in (("false_alarms", ~anomalous), ("found", anomalous)):
            if which.any():
                figures[name], figures[f"{name}_interval"] = share_interval(alarms[which], groups[which], c.SEED)
        figures["held_out_rate"] = self.held_out_rate
        if isinstance(test.names, WindowNames):
            windows = row_values_of(test, anomalous, alarms, scores)
            figures |= score_series(*windows, test.shape[0])
        return figures, windows

    def report(self, data, answers, rivals, c):
        """Score answers (n, 2) of the test set beside those of `rivals`. Returns: Report."""
        test, anomalous, alarms, drawn = data.test, data.test.y == 1, answers[:, 0] > self.threshold, []
        figures, windows = self.figures(data, answers, rivals, c)
        if self.normal != UNLABELLED:
            header = ["", "share", "of", "95 % interval"]
            drawn.append(Table("Alarms", header, alarm_rows(figures), self.threshold_line()))
        if np.isfinite(figures["roc_auc"]):
            drawn.append(score_table(figures))
        if windows is not None:
            rows, truth, _, found = windows
            values = test.all_x.values[rows]
            drawn.append(draw_series(rows, values, found["detector"], truth, self.threshold))
        drawn.append(self.draw_unusual(data, answers, anomalous, c))
        ps = p_values(answers[:, 0], self.held_out)
        header, places = test.places()
        header += ["true_anomaly", "predicted_anomaly", "score", "p_value", "network_score"]
        yes = ["no", "yes"]
        rows = [
            [*place, yes[int(true)], yes[int(alarm)], f"{own:.6g}", f"{p:.4f}", f"{network:.6g}"]
            for place, true, alarm, (own, network), p in zip(places, anomalous, alarms, answers, ps)
        ]
        lines = anomaly_lines(
            figures, self.spaces, self.threshold_line(), self.normal != UNLABELLED
        ) + verdict_on_network(figures)
        return Report(figures, lines, header, rows, drawn, score=auc_line(figures))

    def draw_unusual(self, data, answers, anomalous, c):
        """Draw the most unusual test sequences, each beside the nearest normal one."""
        chosen = np.argsort(-answers[:, 0], kind="stable")[:SHOWN]
        places, inputs = reference_places(data.train, c.SEED), flat_inputs_function(self, data, c)
        normal, own = inputs(data.train.take(places)), inputs(data.test.take(chosen))
        nearest = np.array([((normal - x) ** 2).sum(axis=1).argmin() for x in own])
        shape = (len(chosen), *data.test.shape)
        far = np.abs(own - normal[nearest]).reshape(shape)
        names, titles, places_of_test = data.preparation.columns, [], data.test.places()[1]
        picture = data.sequences.picture
        for k, values in zip(chosen, far):
            step, feature = np.unravel_index(values.argmax(), values.shape)
            what = names[feature] if names else f"feature {feature}"
            truth = "" if self.normal == UNLABELLED else ", an anomaly" if anomalous[k] else ", normal"
            name = cut_middle(str(places_of_test[k][-1]), 44)
            titles.append(f"{name}{truth}" + f": furthest from normal at step {step}, {what}" * (not picture))
        if picture:
            return draw_unusual_pictures(
                data.test.raw.take(chosen), data.train.raw.take(places[nearest]), picture, titles
            )
        return draw_unusual(data.test.take(chosen), data.train.take(places[nearest]), far, titles)

    def pool_folds(self, folds):
        """Take the mean over all folds."""
        scores = pool_scores([figures for figures, _ in folds], self.metric, "test_sequences")
        scores = {self.judged: scores.pop("network"), **scores}
        shown = ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
        return [f"ROC-AUC over all folds: {shown}"], {"pooled_roc_auc": scores}, []

    def report_new(self, new, answers, input_shape):
        """Report the scores of new Sequences, and what may be wrong with those that raise an alarm."""
        alarms, ps = answers[:, 0] > self.threshold, p_values(answers[:, 0], self.held_out)
        names = new.names or [str(i) for i in range(len(answers))]
        columns = new.columns or [f"feature {k}" for k in range(input_shape[-1])]
        causes = [UNLIKE] * len(alarms)
        if self.limits:
            causes = find_causes(np.asarray(new.x), self.limits, columns, new.measured)
        header = ["file" if new.names else "index", "score", "p_value", "network_score", "anomaly", "cause"]
        rows = [
            [name, f"{own:.6g}", f"{p:.4f}", f"{network:.6g}", "yes" if alarm else "no", cause if alarm else ""]
            for name, (own, network), p, alarm, cause in zip(names, answers, ps, alarms, causes)
        ]
        return Report({}, new_lines(header, rows, int(alarms.sum()), self.threshold_line()), header, rows)


def find_normal(train, c):
    """Return (the label of what is normal as `class_name` writes it, why it is taken to be)."""
    y = np.concatenate(train.y) if isinstance(train.y, list) else train.y
    kept = labels_present(y, c.IGNORE_LABELS)
    counts = {}
    for label in kept[kept != ""] if kept.dtype.kind == "U" else kept[~np.isnan(kept.astype(float))]:
        counts[class_name(label)] = int((y == label).sum())
    if [*counts] == [UNLABELLED]:
        return UNLABELLED, "all of the training set, which has no labels"
    for known in NORMAL:
        if found := [name for name in counts if name.lower() == known]:
            return found[0], f"label {found[0]!r}, by its name; all others ({shown(counts, found[0])}) are anomalies"
    name = max(counts, key=counts.get)
    others = f"all others ({shown(counts, name)}) are anomalies"
    return name, f"label {name!r}, the most frequent; {others}"


def shown(counts, normal):
    """Return the first labels that are not normal."""
    return ", ".join([name for name in counts if name != normal][:8]) or "none"


def are_anomalies(labels, normal):
    """Tell which labels (n,) are not the normal one: bool."""
    different, numbers = np.unique(labels, return_inverse=True)
    return np.array([class_name(label) != normal for label in different])[numbers]


def row_values_of(test, anomalous, alarms, scores):
    """Return series_scores.row_values of test windows, in the order of their rows."""
    order = np.argsort(test.names.starts[test.rows], kind="stable")
    sorted_scores = {name: own[order] for name, own in scores.items()}
    starts = test.names.starts[test.rows][order]
    return row_values(starts, test.names.size, anomalous[order], alarms[order], sorted_scores)
