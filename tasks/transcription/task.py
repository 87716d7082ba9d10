"""Transcription: what is said in a recording, letter by letter, learned from recordings and transcripts alone."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from baselines import FREQUENT
from core.errors import InputError
from core.lazy import keras, layers, ops
from core.wording import format_share
from evaluation.transcript_scores import score_transcripts
from networks.layer_names import OUTPUT
from networks.padded import ARCHITECTURES, features_per_step
from networks.standardisation import standardise, standardise_each
from readers.media.sound import STEP_SECONDS
from reports import Report, pictures
from reports.examples import right_and_wrong
from reports.formatting import aligned, pooled_report, shorten
from reports.transcription import cer_line, compared_texts, confusion_table, score_table, transcription_lines
from tasks.base import Task
from tasks.transcription.ctc import BLANK, ctc_loss, decode_greedily, error_rate, steps_needed

RECORDINGS = 5  # shown in the report
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that the training set has not
CERTAIN = 100.0  # logit of the blank behind the end of a recording: e^-100 is nothing


@dataclass(frozen=True)
class Transcription(Task):
    """A logit for the blank and each letter at every pooled step of a recording: see ctc.py."""

    alphabet: list[str]  # the letters of the training transcripts, sorted

    metric = "cer"
    better = "lower"
    unit = "recordings"

    @classmethod
    def check(cls, sequences, c):
        """Refuse recordings without transcripts, and constants that transcripts do not go with."""
        if not sequences.transcripts:
            raise InputError(
                'TASK = "transcription" needs a folder of recordings with metadata.csv in it (columns file_name and '
                "transcription), or a speech set as it is downloaded"
            )
        for name, possible in (("CLASS_WEIGHT", (None,)), ("ATTENTION", (False,)), ("ARCHITECTURE", ARCHITECTURES)):
            if c[name] not in possible:
                allowed = " or ".join(map(repr, possible))
                raise InputError(f"{name} = {c[name]!r} is impossible for transcripts: it must be {allowed}")

    @classmethod
    def fit(cls, train, rows, c):
        """Learn the alphabet."""
        return cls(sorted({letter for transcript in train.y[rows] for letter in transcript}))

    def make_splits(self, train, test, rows, c):
        """Refuse recordings with fewer pooled steps than their transcripts need: their loss would be infinite."""
        splits, sequences = super().make_splits(train, test, rows, c)
        stages = 2 if c.ARCHITECTURE == "deep_cnn_lstm" else 1
        too_long = []  # (steps without pooling, steps needed, name)
        for split in (splits["training"], splits["validation"]):
            for row, letters in zip(split.rows, split.y):
                steps, needed = int(split.all_x[row].any(axis=1).sum()), steps_needed(letters[letters > 0])
                if needed > -(-steps // c.POOL_SIZE**stages):
                    too_long.append((steps, needed, split.names[row]))
        if too_long:
            raise InputError(_too_long(too_long, c.POOL_SIZE, stages))
        return splits, sequences

    def encode(self, labels, split_name, c):
        """Number the letters of transcripts (n,) from 1, padded with 0: int32 (n, longest); unknown ones come last."""
        places = {letter: place for place, letter in enumerate(self.alphabet, 1)}
        y = np.zeros((len(labels), max(map(len, labels), default=1)), np.int32)
        for row, transcript in zip(y, labels):
            row[: len(transcript)] = [places.get(letter, len(places) + 1) for letter in transcript]
        return y

    def texts_of(self, y):
        """Undo `encode`: list of strings."""
        letters = ["", *self.alphabet, UNKNOWN]
        return ["".join(letters[place] for place in row) for row in y]

    def target_notes(self, targets, c):
        """Name letters that only the test set has."""
        unknown = sorted(set().union(*map(set, targets["test"])) - set(self.alphabet))
        return [f"letters of the test set that the training set has not: {' '.join(unknown[:10])}"] if unknown else []

    # The network and its training.

    def network(self, data, c, build_model):
        """Return logits (n, steps, letters + 1) for recordings of any length.

        Padding, rows of zeros behind a recording, is told from sound, and the blank is certain there.
        """
        inputs = keras.Input((None, data.train.shape[-1]))
        mask = ops.cast(ops.any(ops.not_equal(inputs, 0.0), axis=2, keepdims=True), "float32")
        x = layers.Multiply()([standardise(inputs, *mean_and_variance(data.train)), mask])
        if c.STANDARDISE == "sequence":
            x = standardise_each(x, mask)
        features, mask = features_per_step(x, mask, c)
        logits = layers.Dense(len(self.alphabet) + 1, name=OUTPUT)(features)
        blank = ops.one_hot(BLANK, logits.shape[-1], dtype="float32") * CERTAIN
        return keras.Model(inputs, logits * mask + (1.0 - mask) * blank)

    def finish(self, model, data, c):
        """Return the network without the loss, which Keras could not load."""
        return keras.Model(model.input, model.output)

    def output_shape(self):
        """Return the shape of the network's answer for one recording, of any length."""
        return (None, len(self.alphabet) + 1)

    def compile_arguments(self, model):
        """Return CTC loss and character error rate."""
        return {"loss": ctc_loss, "metrics": [error_rate()]}

    def loss_targets(self, split, data, c):
        """Return y without letters that the network cannot write."""
        y = np.zeros_like(split.y)
        for row, letters in zip(y, split.y):
            known = letters[(letters > 0) & (letters <= len(self.alphabet))]
            row[: len(known)] = known
        return y

    def describe_target(self):
        """Say in a few words what is learned."""
        return f"transcripts of {len(self.alphabet)} different letters"

    # What comes out.

    def decode(self, output):
        """Turn logits (n, steps, letters + 1) into a list of (transcript, steps of its letters, their probabilities).

        Spaces are evened out as in the transcripts that were read: one between words, none at the ends.
        """
        letters, answers = np.array(["", *self.alphabet]), []
        for numbers, steps, probabilities in decode_greedily(output):
            heard = letters[numbers]
            word = heard != " "
            before, after = np.roll(word, 1), np.cumsum(word[::-1])[::-1] > 0
            kept = word | (before & after & (np.arange(len(word)) > 0))
            answers.append(("".join(heard[kept]), steps[kept] / output.shape[1], probabilities[kept]))
        return answers

    def score(self, split, answers):
        """Return the character error rate of answers (n,)."""
        return score_transcripts(self.texts_of(split.y), [text for text, _, _ in answers], {}, 0)["cer"]

    def baselines(self, data, c):
        """Answer the test set without a network. Returns: ({name: transcripts (n,)}, notes)."""
        (frequent, _), *_ = Counter(self.texts_of(data.train.y)).most_common(1)
        return {FREQUENT: [frequent] * len(data.test)}, []

    def report(self, data, answers, rivals, c):
        """Score the answers to the test set beside the transcripts of `rivals`. Returns: Report."""
        test, truths, heard = data.test, self.texts_of(data.test.y), [text for text, _, _ in answers]
        figures = score_transcripts(truths, heard, rivals, c.SEED)
        wrong = figures.pop("edits")
        header, places = test.places()
        header += ["transcript", "heard", "characters", "edits", "confidence"]
        rows = [
            [*place, true, text, len(true), n, confidence(probabilities)]
            for place, true, n, (text, _, probabilities) in zip(places, truths, wrong, answers)
        ]
        names = [test.names[row] for row in test.rows]
        examples = [[name, shorten(true, 60), shorten(text, 60)] for name, true, text in zip(names, truths, heard)]
        table = ["file_name", "transcription"], [list(pair) for pair in zip(names, heard)]
        (x,), (text, steps, _) = test.take(slice(1)), answers[0]
        lines = transcription_lines(figures, examples[:RECORDINGS], rivals[FREQUENT][0])
        chosen = right_and_wrong(np.array(wrong) == 0)
        blocks = [
            score_table(figures),
            pictures.transcript(x, steps * len(x), text, names[0], STEP_SECONDS),
            compared_texts(*([of[k] for k in chosen] for of in (names, truths, heard))),
            *confusion_table(figures),
        ]
        return Report(figures, lines, header, rows, blocks, {"transcripts.csv": table}, cer_line(figures))

    def pool_folds(self, folds):
        """Weigh the error rates of folds by their numbers of characters."""
        return pooled_report(
            [figures for figures, _ in folds], "cer", "characters", form=lambda cer: format_share(cer, 3)
        )

    def report_new(self, new, answers, input_shape):
        """Report the transcripts of new recordings."""
        header = ["file_name", "transcription", "confidence"]
        rows = [[name, text, confidence(own)] for name, (text, _, own) in zip(new.names, answers)]
        shown = [[name, shorten(text, 60), own] for name, text, own in rows[:RECORDINGS]]
        return Report({}, [aligned(header, shown), *(["..."] if len(rows) > RECORDINGS else [])], header, rows)


def _too_long(found, pool_size, stages):
    """Say which transcripts are longer than their recordings, and what leads on.

    found: list of (steps without pooling, steps needed, name); stages: of pooling.
    """
    steps, needed, name = max(found, key=lambda one: one[1] / one[0])
    others = f" ({len(found) - 1} others too)" if len(found) > 1 else ""
    left = -(-steps // pool_size**stages)
    fits = [size for size in range(1, pool_size) if needed <= -(-steps // size**stages)]
    way = f"set POOL_SIZE = {fits[-1]}, or" if fits else "it is too long even without pooling:"
    return (
        f"{name}: its transcript needs {needed} steps, and pooling leaves {left}{others}: {way} check whether it is "
        "another recording's, and take it out of the list"
    )


def mean_and_variance(split):
    """Return mean and variance of each feature over the recordings of a split, without padding: float64 (features,)."""
    frames = np.concatenate([x[x.any(axis=1)] for x in split.all_x[split.rows]]).astype(np.float64)
    return frames.mean(axis=0), np.maximum(frames.var(axis=0), 1e-6)


def confidence(probabilities):
    """Write the mean probability of the letters of a transcript, nothing where there are none."""
    return f"{probabilities.mean():.4f}" if len(probabilities) else ""
