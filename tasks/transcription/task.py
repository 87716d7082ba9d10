"""Transcription: what is said in a recording, letter by letter, learned from recordings and transcripts alone."""

from collections import Counter

import numpy as np

from baselines import FREQUENT
from core.errors import InputError
from core.lazy import keras, layers, ops
from networks.standardisation import by_training, each_standardised
from reports import Report
from reports import pictures as plots
from reports.examples import right_and_wrong
from reports.text import aligned
from reports.transcripts import score_transcripts, transcript_lines
from sequences.splits import split_sequences
from sequences.types import Split
from tasks.transcription.ctc import BLANK, ctc_loss, error_rate, steps_needed, written

score, better = "cer", "lower"
unit = "recordings"
pure_windows = False
unread = ("TARGET", "KNOWN", "WINDOW", "STRIDE", "HORIZON", "SEASON")  # constants that have no effect here
RECORDINGS = 5  # shown in the report
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that the training set has not
CERTAIN = 100.0  # logit of the blank behind the end of a recording: e^-100 is nothing
ARCHITECTURES = ("cnn_lstm", "deep_cnn_lstm")


# Transcripts.


def split(train, test, c, validation_seed, fold=None):
    """Split recordings with transcripts: see sequences.splits. Raises InputError for what does not go together."""
    if not train.transcripts:
        raise InputError(
            'TASK = "transcription" needs a folder of recordings with metadata.csv in it: columns file_name and '
            "transcription"
        )
    for name, possible in (("CLASS_WEIGHT", (None,)), ("ATTENTION", (False,)), ("ARCHITECTURE", ARCHITECTURES)):
        if c[name] not in possible:
            allowed = " or ".join(map(repr, possible))
            raise InputError(f"{name} = {c[name]!r} is impossible for transcripts: it must be {allowed}")
    return split_sequences(train, test, c, validation_seed, stratify=False, fold=fold)


def learn(train, rows, c):
    """Return {"alphabet": the letters of the training transcripts, sorted}."""
    return {"alphabet": sorted({letter for transcript in train.y[rows] for letter in transcript})}


def is_state(state, input_shape):
    """Tell whether `state`, read from run.json, is what `learn` can have returned."""
    letters = state.get("alphabet")
    return isinstance(letters, list) and letters != [] and all(isinstance(x, str) and len(x) == 1 for x in letters)


def parts(train, test, rows, state, c):
    """Make the parts of prepared recordings. Returns: ({name: Split}, all recordings, notes).

    Raises InputError for a recording with fewer pooled steps than its transcript needs: its loss would be infinite.
    """
    of = {"training": train, "validation": train, "test": test or train}
    made = {name: Split(of[name].x, encode(of[name].y[own], state), own, of[name].names) for name, own in rows.items()}
    pooled = c.POOL_SIZE ** (2 if c.ARCHITECTURE == "deep_cnn_lstm" else 1)
    for name in ("training", "validation"):
        part = made[name]
        for row, letters in zip(part.rows, part.y):
            steps = -(-int(part.x[row].any(axis=1).sum()) // pooled)
            needed = steps_needed(letters[letters > 0])
            if needed > steps:
                raise InputError(
                    f"{part.names[row]}: its transcript needs {needed} steps, and pooling leaves {steps}: "
                    "set a smaller POOL_SIZE, or see whether the transcript is another recording's"
                )
    letters = [set(transcript) for transcript in of["test"].y[rows["test"]]]
    unknown = sorted(set().union(*letters) - set(state["alphabet"]))
    notes = [f"letters of the test set that the training set has not: {' '.join(unknown[:10])}"] if unknown else []
    return made, train, notes


def encode(transcripts, state):
    """Number the letters of transcripts (n,) from 1, filled up with 0: int32 (n, longest); unknown ones come last."""
    places = {letter: place for place, letter in enumerate(state["alphabet"], 1)}
    y = np.zeros((len(transcripts), max(map(len, transcripts), default=1)), np.int32)
    for row, transcript in zip(y, transcripts):
        row[: len(transcript)] = [places.get(letter, len(places) + 1) for letter in transcript]
    return y


def texts_of(y, state):
    """Undo `encode`: list of strings."""
    letters = ["", *state["alphabet"], UNKNOWN]
    return ["".join(letters[place] for place in row) for row in y]


# The network around the backbone, and how it is trained.


def network(inputs, backbone, data, c):
    """Return a logit for the blank and for each letter at every pooled step: (n, steps, letters + 1).

    Padding, rows of zeros behind a recording, is told from sound, and the blank is certain there.
    """
    real = ops.cast(ops.any(ops.not_equal(inputs, 0.0), axis=2, keepdims=True), "float32")
    x = layers.Multiply()([by_training(inputs, *mean_and_variance(data.train)), real])
    if c.STANDARDISE == "sequence":
        x = each_standardised(x, real)
    features, real = backbone(x, c, real)
    logits = layers.Dense(len(data.state["alphabet"]) + 1, name="output")(features)
    blank = ops.one_hot(BLANK, logits.shape[-1], dtype="float32") * CERTAIN
    return logits * real + (1.0 - real) * blank


def mean_and_variance(part):
    """Return mean and variance of each feature over the recordings of a part, without padding: float64 (features,)."""
    frames = np.concatenate([x[x.any(axis=1)] for x in part.x[part.rows]]).astype(np.float64)
    return frames.mean(axis=0), np.maximum(frames.var(axis=0), 1e-6)


def finished(model, data, c):
    """Return the network as it is saved: as it was trained, without the loss, which Keras could not load."""
    return keras.Model(model.input, model.output)


def output_shape(state):
    """Return the shape of the network's answer for one recording, of any length."""
    return (None, len(state["alphabet"]) + 1)


def compile_arguments(model, state):
    """Return the loss and the metrics, as compile takes them."""
    return {"loss": ctc_loss, "metrics": [error_rate()]}


def loss_targets(part, data, c):
    """Return what the loss compares the network's output with: y without letters that the network cannot write."""
    most = len(data.state["alphabet"])
    y = np.zeros_like(part.y)
    for row, letters in zip(y, part.y):
        known = letters[(letters > 0) & (letters <= most)]
        row[: len(known)] = known
    return y


def sample_weights(y, c):
    """Return None: every recording counts alike."""


def aim(state):
    """Say in a few words what is learned."""
    return f"transcripts of {len(state['alphabet'])} different letters"


# What comes out.


def calibrate(data, output):
    """Return what the validation set teaches of the trained network: for transcripts nothing."""
    return {}


def decode(output, state):
    """Turn logits (n, steps, letters + 1) into a list of (transcript, steps of its letters, their probabilities).

    Spaces are evened out as in the transcripts that were read: one between words, none at the ends.
    """
    letters, answers = np.array(["", *state["alphabet"]]), []
    for own, steps, chances in written(output):
        heard = letters[own]
        word = heard != " "
        before, after = np.roll(word, 1), np.cumsum(word[::-1])[::-1] > 0
        kept = word | (before & after & (np.arange(len(word)) > 0))
        answers.append(("".join(heard[kept]), steps[kept] / output.shape[1], chances[kept]))
    return answers


def score_of(part, answers, state):
    """Return the character error rate of answers (n,) on a Split."""
    figures = score_transcripts(texts_of(part.y, state), [text for text, _, _ in answers], {}, 0)
    return figures["cer"]


def baselines(data, c):
    """Answer the test set without a network. Returns: ({name: transcripts (n,)}, notes)."""
    (frequent, _), *_ = Counter(texts_of(data.train.y, data.state)).most_common(1)
    return {FREQUENT: [frequent] * len(data.test)}, []


def report(data, answers, rivals, c):
    """Score the answers to the test set beside the transcripts of `rivals`. Returns: Report."""
    test, truths, heard = data.test, texts_of(data.test.y, data.state), [text for text, _, _ in answers]
    figures = score_transcripts(truths, heard, rivals, c.SEED)
    wrong = figures.pop("edits")
    header, places = test.places()
    header += ["transcript", "heard", "characters", "edits", "confidence"]
    rows = [
        [*place, true, text, len(true), n, confidence(chances)]
        for place, true, n, (text, _, chances) in zip(places, truths, wrong, answers)
    ]
    examples = [[test.names[row], _short(true), _short(text)] for row, true, text in zip(test.rows, truths, heard)]
    table = ["file_name", "transcription"], [[test.names[row], text] for row, text in zip(test.rows, heard)]
    (x,), (text, steps, _) = test.take(slice(1)), answers[0]
    picture = plots.transcript(x, steps * len(x), text, truths[0], test.names[test.rows[0]])
    lines = transcript_lines(figures, examples[:RECORDINGS], rivals[FREQUENT][0])
    chosen = right_and_wrong(np.array(wrong) == 0)
    shown = header[1:4], [rows[k][1:4] for k in chosen]
    return Report(figures, lines, header, rows, {"transcript.png": picture}, {"transcripts.csv": table}, shown)


def confidence(chances):
    """Write the mean probability of the letters of a transcript, nothing where there are none."""
    return f"{chances.mean():.4f}" if len(chances) else ""


def _short(text):
    return text if len(text) <= 60 else text[:59] + "…"


def pooled(folds):
    """Sum up the folds [(figures, state)] of a cross-validation. Returns: (lines, figures, pictures)."""
    lengths = np.array([figures["characters"] for figures, _ in folds])
    rates = {"network": [figures["cer"] for figures, _ in folds]}
    rates[FREQUENT] = [figures["baselines"][FREQUENT] for figures, _ in folds]
    over_all = {name: float((own * lengths).sum() / lengths.sum()) for name, own in rates.items()}
    shown = ", ".join(f"{name} {rate:.3f}" for name, rate in over_all.items())
    return [f"CER over all folds: {shown}"], {"pooled_cer": over_all}, {}


# New data.


def new_inputs(new, state, input_shape, where):
    """Return (new prepared recordings that can be transcribed, their inputs (n, time, features), notes)."""
    return new, new.x, []


def report_new(new, answers, state, input_shape):
    """Report the transcripts of new recordings. Returns: Report, its figures empty."""
    header = ["file_name", "transcription", "confidence"]
    rows = [[name, text, confidence(chances)] for name, (text, _, chances) in zip(new.names, answers)]
    shown = [[name, _short(text), own] for name, text, own in rows[:RECORDINGS]]
    return Report({}, [aligned(header, shown), *(["..."] if len(rows) > RECORDINGS else [])], header, rows, {})
