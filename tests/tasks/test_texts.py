"""Texts: divided as Keras divides them, learned, and answered by a saved network that takes them as they are."""

import csv
import gzip
import json
import tracemalloc
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict

import evaluate_model
import export_model
import predict_model
import train_model
from baselines import sparse_ridge, tfidf
from core.errors import InputError
from readers.text_files import read_any_text
from readers.word_vectors import read_word_vectors
from sequences.vocabulary import learn_vocabulary, token_ids, tokenize
from tasks.classification import word_model
from tests.conftest import load

RNG = np.random.default_rng(4)
GOOD, BAD = (["lovely", "great", "fine", "warm", "kind"], ["dull", "awful", "grim", "cold", "cruel"])
OTHERS = ["the", "a", "film", "book", "it", "was", "very", "with", "and", "of"]


def review(good):
    words = [*RNG.choice(OTHERS, 6), RNG.choice(GOOD if good else BAD)]
    return " ".join(RNG.permutation(words)).capitalize() + "!"


LABELS = ["good" if k % 2 else "bad" for k in range(160)]
TEXTS = [review(label == "good") for label in LABELS]


def write_table(path, texts=TEXTS, labels=LABELS):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["kind", "what was said"], *zip(labels, texts)])
    return str(path)


STRANGE = [
    "It's GREAT, isn't it? (10/10) #win @home", "tabs\tand\nbreaks  and   blanks", "ÄRGER Straße łódź ПРИВЕТ",
    "…—“quoted”", "", "!!!", "a_b-c.d:e;f", "\u00a0no\u00a0break\u00a0space", "emoji 😀 x\\y [z] {q} |p| ~`^", "one",
]  # fmt: skip


def test_words_are_those_of_keras():
    from core.quiet_tensorflow import keras, tf

    vocabulary, _ = learn_vocabulary([*STRANGE, "the end"], 40)
    for steps in (1, 4, 12):
        theirs = np.asarray(
            keras.layers.TextVectorization(vocabulary=vocabulary, output_sequence_length=steps)(tf.constant(STRANGE))
        )
        ours, _ = token_ids(STRANGE, vocabulary, steps)
        for own, other in zip(ours, theirs):  # the same words; theirs are padded behind, ours in front
            assert own[own > 0].tolist() == other[other > 0].tolist() and not own[: (own == 0).sum()].any()


def test_the_vocabulary_is_learned_from_the_training_part_by_frequency(tmp_path):
    data = load(DATASET=write_table(tmp_path / "t.csv"), TEXT="what was said", LABEL="kind", VOCABULARY=12)
    words = [word for row in data.train.rows for word in TEXTS[row].lower().strip("!").split()]
    counts = sorted(set(words), key=lambda word: (-words.count(word), word))
    assert data.preparation.vocabulary == counts[:10] and data.preparation.steps == 7
    assert data.train.shape == (7,) and data.train.take(slice(None)).max() == 11


def test_train_evaluate_predict_and_raw_texts(shipped, tmp_path, capsys):
    from core.quiet_tensorflow import keras, tf

    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv"), TEXT="what was said", LABEL="kind", EPOCHS=30)
    c, run = c.changed(RUN_DIR=str(tmp_path / "run"), EMBEDDING=16, LEARNING_RATE=0.003), tmp_path / "run"
    train_model.main(c)
    result = evaluate_model.main(c)
    report = capsys.readouterr().out
    assert result["accuracy"] > 0.9 and result["baselines"]["linear"] > 0.9
    assert "7 words out of 20" in report and "ridge on TF-IDF" in report
    with open(run / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    assert all(
        row["text"] == TEXTS[int(row["index"])] and row["true_label"] == LABELS[int(row["index"])] for row in rows
    )
    looked_at = json.loads((run / "evaluation.json").read_text())["importance"]["words"]
    deciding = [of["words"][0][0] in (GOOD if of["answer"] == "good" else BAD) for of in looked_at]
    assert len(looked_at) == 5 and sum(deciding) >= 4
    model = keras.models.load_model(run / "model.keras")  # stock Keras, nothing of the project
    texts = [row["text"] for row in rows]
    raw = model.predict(tf.constant(texts), verbose=0)[:, 0]
    np.testing.assert_allclose(raw, [float(row["probability_good"]) for row in rows], atol=1e-5)
    served = tf.saved_model.load(export_model.export("saved_model", str(run)))
    np.testing.assert_allclose(served.serve(tf.constant(texts))[:, 0], raw, atol=1e-5)
    for form, called in (("tflite", "TFLite"), ("onnx", "ONNX")):
        with pytest.raises(InputError, match=f"{called} has no operators that .*: export saved_model instead"):
            export_model.export(form, str(run))
    (tmp_path / "new.txt").write_text("A very lovely film\nthe new book was grim and it was\n")
    predict_model.main(str(tmp_path / "new.txt"), {"RUN_DIR": str(run)})
    printed = capsys.readouterr().out
    assert "9.1 % of the words are not in the vocabulary" in printed  # 1 of 4 + 7: new
    assert f"Next: python export_model.py saved_model RUN_DIR={run}" in printed
    with open(run / "new_predictions.csv") as file:
        assert [row["predicted_label"] for row in csv.DictReader(file)] == ["good", "bad"]
    np.savez(tmp_path / "x.npz", X=np.zeros((3, 7)))
    with pytest.raises(InputError, match="holds numbers; the training set holds texts"):
        predict_model.predict(run, tmp_path / "x.npz")


def words_and_pairs(text):
    words = tokenize(text)
    return words + [" ".join(pair) for pair in zip(words, words[1:])]


@pytest.mark.parametrize("names", [["bad", "good"], ["bad", "good", "so so"]])
def test_a_linear_model_of_words_and_pairs_stands_beside_the_network(shipped, tmp_path, names):
    """Its logits are scikit-learn's ridge regression on weighted counts of words and parts, times one number."""
    from core.quiet_tensorflow import keras, tf

    labels = [names[k % 2] if len(text) % 5 else names[-1] for k, text in enumerate(TEXTS)]
    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv", labels=labels), TEXT=1, LABEL=0, EPOCHS=1, EMBEDDING=4)
    train_model.main(c := c.changed(RUN_DIR=str(tmp_path / "run")))
    data = load(**c)
    texts = [TEXTS[row] for row in data.train.rows]
    parts = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), preprocessor=lambda text: " ".join(tokenize(text)))
    counted = [vectors.fit_transform(texts).toarray() for vectors in (CountVectorizer(analyzer=words_and_pairs), parts)]
    rarity = [TfidfTransformer().fit(own).idf_ for own in counted]
    lengths = np.sqrt(counted[0] @ rarity[0] ** 2)  # of texts whose words all differ, the usual ones
    counts = np.hstack([counted[0] * rarity[0], 0.5 * counted[1] * rarity[1]]) / lengths[:, None]
    targets = 2.0 * (np.array([labels[row] for row in data.train.rows])[:, None] == names) - 1
    targets = targets if len(names) == 3 else targets[:, 1:]
    answers = [Ridge(strength).fit(counts, targets).predict(counts).ravel() for strength in (0.1, 0.3, 1, 3)]
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    network = next(layer for layer in model.layers if layer.name == "network")
    parts = keras.Model(network.input, [network.get_layer("probabilities").input, network.get_layer("output").output])
    both, alone = (np.asarray(part) for part in parts(tf.constant(data.train.take(slice(None)), "float32")))
    logits = (both - alone).ravel()
    assert max(np.corrcoef(logits, own)[0, 1] for own in answers) > 0.9999
    assert (both - alone).std() > 0.5
    train_model.main(c.changed(LINEAR_START=False))
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert "linear" not in [layer.name for layer in model.get_layer("network").layers]


def test_class_weights_count_in_the_linear_model_of_words(shipped, tmp_path):
    """Texts without known words are left to the intercept: there a class is as likely as its weight makes it."""
    labels = ["rare" if text % 5 == 0 else "frequent" for text in range(len(TEXTS))]
    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv", labels=labels), TEXT=1, LABEL=0)
    data, balanced = load(**c), c.changed(CLASS_WEIGHT="balanced")
    frequent, rare = np.bincount(data.train.y)
    without, within = (word_model.fit_bag_of_words(data, 1, constants) for constants in (c, balanced))
    np.testing.assert_array_equal(without.weights, within.weights)
    np.testing.assert_allclose(within.intercept - without.intercept, np.log(frequent / rare))


def test_a_folder_for_each_class_with_a_text_in_each_file(tmp_path):
    for k, (text, label) in enumerate(zip(TEXTS[:40], LABELS)):
        folder = tmp_path / "imdb" / ("train" if k < 30 else "test") / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{k:02}_7.txt").write_text(text, encoding="utf-8")
    data = load(DATASET=str(tmp_path / "imdb"))
    assert (len(data.train), len(data.test)) == (30, 10) and data.task.classes == ["bad", "good"]
    assert sorted(data.test.names) == sorted(TEXTS[30:40])


@pytest.mark.parametrize(
    ("name", "content", "constants", "expected"),
    [
        (
            "a.csv",
            'label,text\nx,"two\nlines, ""quoted"""\ny,plain\n',
            {"TEXT": "text", "LABEL": 0},
            'two\nlines, "quoted"',
        ),
        ("a.tsv", 'x\ta "stray mark\ny\tplain\nx\tz\n', {"TEXT": 1, "LABEL": 0}, 'a "stray mark'),
        ("a.csv", "text;label;;\nin £;x;;\nplain;y;;\n", {"TEXT": 0, "LABEL": "label"}, "in £"),
    ],
)
def test_tables_of_texts(shipped, tmp_path, name, content, constants, expected):
    from readers import read_data_set

    (tmp_path / name).write_bytes(content.encode("latin-1"))
    read, _ = read_data_set(tmp_path / name, shipped.changed(**constants))
    assert read.x[0] == expected and read.y.tolist()[:2] == ["x", "y"]


@pytest.mark.parametrize(
    ("content", "constants", "message"),
    [
        ("text,label\na b,x\n ,y\n", {}, "text 2 is empty"),
        ("text,label\na b,x\nc d,y,z\n", {}, "row 3 has 3 cells, the others have 2"),
        ("text,label\na b,x\nc d,y\n", {"TEXT": "words"}, "TEXT = 'words' is impossible: the 2 columns"),
        ("text,label\na b,x\nc d,y\n", {"TASK": "regression"}, "TASK = 'regression' is impossible with texts"),
        ("text,label\n", {}, "a header and no rows"),
    ],
)
def test_texts_that_cannot_be_read(tmp_path, content, constants, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        load(DATASET=str(tmp_path / "t.csv"), **{"TEXT": "text", "LABEL": "label"} | constants)


def test_another_vocabulary_starts_with_a_new_embedding(shipped, tmp_path, capsys):
    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv"), TEXT=1, LABEL=0, EPOCHS=1, EMBEDDING=8)
    train_model.main(c.changed(RUN_DIR=str(tmp_path / "big")))
    c = c.changed(PRETRAINED_RUN=str(tmp_path / "big"), RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    assert "embedding, convolution, lstm; new: output" in capsys.readouterr().out
    swapped = [text.replace("film", "play") for text in TEXTS]  # as many words, one of them another
    train_model.main(c.changed(DATASET=write_table(tmp_path / "other.csv", swapped)))
    assert ": convolution, lstm; new: embedding, output" in capsys.readouterr().out


def test_attention_is_drawn_over_the_words(shipped, tmp_path):
    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv"), TEXT=1, LABEL=0, EPOCHS=1, ATTENTION=True)
    train_model.main(c := c.changed(RUN_DIR=str(tmp_path / "run")))
    evaluate_model.main(c)
    assert (tmp_path / "run" / "attention.png").read_bytes().startswith(b"\x89PNG")


def test_files_of_texts_go_by_their_names(tmp_path):
    for k, (text, label) in enumerate(zip(TEXTS[:40], LABELS)):
        (tmp_path / "d" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / label / f"{k:02}.txt").write_text(text)
    data = load(DATASET=str(tmp_path / "d"), TEST_FILES=r"/[0-1]\d\.txt")
    assert sorted(data.test.names[row] for row in data.test.rows) == sorted(TEXTS[:20])


def test_texts_without_words_are_refused(tmp_path):
    with pytest.raises(InputError, match="hold no words"):
        load(DATASET=write_table(tmp_path / "t.csv", ["!!!", "???"] * 20, ["a", "b"] * 20), TEXT=1, LABEL=0)
    (tmp_path / "t.csv").write_text("t,t\n" + "good,a\nbad,b\n" * 9)
    with pytest.raises(InputError, match="names the column 't' twice"):
        load(DATASET=str(tmp_path / "t.csv"), TEXT="t", LABEL=1)


def write_vectors(path, lines):
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def test_files_of_word_vectors(tmp_path):
    """GloVe's, word2vec's header and blank at the end, fastText's tokens in capitals, words with blanks, gzip."""
    ours = ["cat", "dog", "bird"]
    glove = write_vectors(tmp_path / "g.txt", ["the 3 4", "cat 1 2", ". . . 5 6", "Dog 7 8", "dog 9 10", "owl 0 2"])
    known, vectors, notes = read_word_vectors(glove, ours, 7)
    assert known == ["cat", "dog", "bird", "the", "owl"]
    scale = np.sqrt(np.mean([1, 4, 81, 100]))
    np.testing.assert_allclose(vectors * scale, [[0, 0], [0, 0], [1, 2], [9, 10], [0, 0], [3, 4], [0, 2]], rtol=1e-6)
    assert notes == ["word vectors: 2 of 3 words have one, of 2 numbers; 2 more words of g.txt are known"]
    assert read_word_vectors(glove, ours, 6)[0] == [*ours, "the"]  # VOCABULARY
    with gzip.open(tmp_path / "w.vec.gz", "wb") as file:
        file.write(b"3 2\nCat 1 2 \nbird 1 x \nDog 3 4 \n" + b"".join(b"w%d 1 1 \n" % k for k in range(20)))
    known, vectors, notes = read_word_vectors(tmp_path / "w.vec.gz", ours, 5)
    assert known == ours and vectors[2, 1] / vectors[2, 0] == pytest.approx(2) and vectors[3].all()
    assert notes[1] == "w.vec.gz: 1 damaged line left out, the first is line 3"
    for content, message in {
        b"": "holds no word vectors as text",
        b"\x89PNG\r\n\x1a\n\0\0": "holds no word vectors as text",
        b"cat 1 2\ndog 1\ncat 1 2\n": "line 2 is not a word and 2 numbers",
        b"one 1 2\ntwo 3 4\n": "has a vector for none of the 3 words of the training set",
    }.items():
        (tmp_path / "bad.txt").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_word_vectors(tmp_path / "bad.txt", ours, 9)
    (tmp_path / "bad.gz").write_bytes(gzip.compress(b"cat 1 2\n" * 1000)[:40])
    with pytest.raises(InputError, match="bad.gz holds no word vectors as text"):
        read_word_vectors(tmp_path / "bad.gz", ours, 9)


def test_a_network_with_word_vectors_knows_words_that_only_the_vectors_have(shipped, tmp_path, capsys):
    """New texts praise in words that no training text has; their vectors lie near those of words that are known."""
    rng = np.random.default_rng(0)
    unseen = {"superb": 1, "splendid": 1, "dreadful": -1, "horrid": -1}
    sides = {**dict.fromkeys(GOOD, 1), **dict.fromkeys(BAD, -1), **dict.fromkeys(OTHERS, 0), **unseen}
    lines = [f"{word} {' '.join(map(str, (side + rng.normal(0, 0.2, 8)).round(4)))}" for word, side in sides.items()]
    vectors = write_vectors(tmp_path / "v.txt", lines)
    c = shipped.changed(DATASET=write_table(tmp_path / "t.csv"), TEXT="what was said", LABEL="kind", EPOCHS=12)
    c = c.changed(LINEAR_START=False)  # it knows none of them
    c, run = c.changed(WORD_VECTORS=str(vectors), RUN_DIR=str(tmp_path / "run"), LEARNING_RATE=0.005), tmp_path / "run"
    train_model.main(c)
    assert "word vectors: 20 of 20 words have one, of 8 numbers; 4 more words" in capsys.readouterr().out
    assert evaluate_model.main(c)["accuracy"] > 0.9
    (tmp_path / "new.txt").write_text("a superb book it was\na horrid book it was\na splendid film\na dreadful film\n")
    predict_model.predict(run, tmp_path / "new.txt")
    with open(run / "new_predictions.csv") as file:
        assert [row["predicted_label"] for row in csv.DictReader(file)] == ["good", "bad", "good", "bad"]
    lines[0] = lines[0].replace(" ", " 1", 1)
    write_vectors(vectors, lines)
    with pytest.raises(InputError, match="these are not the data that the run in"):
        evaluate_model.main(c)
    vectors.unlink()
    with pytest.raises(InputError, match="WORD_VECTORS = .* is not found"):
        evaluate_model.main(c)


@pytest.mark.parametrize("rare", ["", "\N{GRINNING FACE}", "\N{CYRILLIC SMALL LETTER ZHE}"])
def test_a_table_of_texts_takes_less_than_three_times_its_size(tmp_path, monkeypatch, rare):
    monkeypatch.setattr("readers.text_files.PIECE", 20_000)
    words = np.array([f"word{k}" for k in range(500)])
    reviews = [" ".join(words[RNG.integers(0, 500, 30)]) for _ in range(4000)]
    reviews[7] += rare  # of a string with one such letter every letter takes as much
    path = write_table(tmp_path / "t.csv", reviews, LABELS * 25)
    load(DATASET=path, TEXT=1, LABEL=0)  # what is imported for it does not count
    tracemalloc.start()
    data = load(DATASET=path, TEXT=1, LABEL=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * (tmp_path / "t.csv").stat().st_size
    assert data.sequences.texts == reviews and data.train.y.sum() == 1600
    known = {word: k for k, word in enumerate(data.preparation.vocabulary, 2)}
    for row in data.train.rows[:50]:
        numbers = [known[word] for word in tokenize(reviews[row])]
        assert data.train.all_x[row].tolist() == numbers


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_text_is_decoded_alike_in_pieces_of_any_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr("readers.text_files.PIECE", size)
    written = "kind,what\ngood,“Äh” 😀 ПРИВЕТ x\nbad,łódź\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"):
        (tmp_path / "t.csv").write_bytes(written.encode(encoding))
        assert read_any_text(tmp_path / "t.csv")[0] == written
    (tmp_path / "t.csv").write_bytes("kind,what\ngood,“It’s” é\n".encode("cp1252"))
    assert read_any_text(tmp_path / "t.csv") == ("kind,what\ngood,“It’s” é\n", ["read as cp1252: it is not UTF-8"])
    (tmp_path / "t.csv").write_bytes("é è ê ô û î\nÄ".encode() + b"\xff\n")
    with pytest.raises(InputError, match=r"line 2 is not UTF-8 \(byte 20\)"):
        read_any_text(tmp_path / "t.csv")


@pytest.mark.parametrize("outputs", [1, 3, 40])
def test_ridge_regression_on_counts_of_words_is_that_of_scikit_learn(outputs, monkeypatch):
    monkeypatch.setattr(sparse_ridge, "TOLERANCE", 1e-11)
    frequent = np.arange(200) < 4  # words in every text: the mean is not small
    counts = sparse.csr_matrix(sparse.random(90, 200, 0.1, random_state=0).toarray() + frequent)
    targets = 2.0 * np.eye(max(2, outputs))[np.arange(90) % 45 % max(2, outputs), :outputs] - 1
    folds = KFold(4, shuffle=True, random_state=0)
    weights, intercept, answers = sparse_ridge.choose_and_fit(counts, targets, (0.3, 3.0), folds)
    dense, errors = counts.toarray(), {}
    for strength in (0.3, 3.0):
        held_out = cross_val_predict(Ridge(strength, solver="cholesky"), dense, targets, cv=folds)
        held_out = held_out.reshape(targets.shape)
        errors[strength] = ((held_out - targets) ** 2).mean(), held_out
    best = min(errors, key=lambda strength: errors[strength][0])
    theirs = Ridge(best, solver="cholesky").fit(dense, targets)
    np.testing.assert_allclose(weights, theirs.coef_.reshape(outputs, -1).T, atol=1e-9)
    np.testing.assert_allclose(intercept, np.ravel(theirs.intercept_), atol=1e-9)
    np.testing.assert_allclose(answers, errors[best][1], atol=1e-9)


def test_an_output_that_never_changes_is_its_constant():
    counts, targets = sparse.random(20, 30, 0.2, "csr", random_state=0), np.ones((20, 2))
    targets[::2, 1] = -1
    weights, intercept = sparse_ridge.fit(counts, targets, 1.0)
    assert (weights[:, 0] == 0).all() and intercept[0] == 1 and np.abs(weights[:, 1]).max() > 0.01


@pytest.mark.parametrize("n", [3, 4, 5])
def test_a_few_texts_are_answered_without_a_warning(n):
    some, targets = TEXTS[:n], np.where(np.arange(n) % 2, 1.0, -1.0)[:, None] * [[-1, 1]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answers = tfidf.fit_predict(some, targets, some, tokenize)
    assert (answers.argmax(axis=1) == (targets > 0).argmax(axis=1)).all()
