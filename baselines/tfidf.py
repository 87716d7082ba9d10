"""The linear model of texts: ridge regression on TF-IDF (Salton and Buckley 1988) of words, pairs and parts."""

from baselines import sparse_ridge
from core.lazy import lazy

text_features = lazy("sklearn.feature_extraction.text")
model_selection = lazy("sklearn.model_selection")
pipeline = lazy("sklearn.pipeline")

STRENGTHS = (0.3, 1.0, 3.0)
PARTS = {"analyzer": "char_wb", "ngram_range": (3, 5)}  # three to five letters of a word, its ends among them
MOST_CHARACTERS = 2_000_000  # of texts whose parts of words are counted: some ten seconds


def fit_predict(texts, targets, new_texts, split_words):
    """Learn numbers from texts and predict those of new ones; the strength is chosen by 3-fold cross-validation.

    Parameters: texts, new_texts, lists of strings; targets (n, outputs); split_words, function from a text to its
    words. Returns: (n_new, outputs).
    """
    min_texts = 2 if len(texts) >= 100 else 1  # that a word, or a part of one, must stand in
    words = {"tokenizer": split_words, "token_pattern": None, "lowercase": False, "ngram_range": (1, 2)}
    counted = {"words": words, **({"parts": PARTS} if counts_parts(texts) else {})}
    vectorizers = [
        (name, text_features.TfidfVectorizer(**own, sublinear_tf=True, min_df=min_texts))
        for name, own in counted.items()
    ]
    features = pipeline.FeatureUnion(vectorizers)
    try:
        x = features.fit_transform(texts)
    except ValueError:  # no word stands in two texts
        x = features.set_params(**{f"{name}__min_df": 1 for name in counted}).fit_transform(texts)
    folds = model_selection.KFold(min(3, len(texts)))
    weights, intercept, _ = sparse_ridge.choose_and_fit(x, targets, STRENGTHS, folds)
    return features.transform(new_texts) @ weights + intercept


def counts_parts(texts):
    """Tell whether parts of words are counted too: it would take long of many texts."""
    return sum(map(len, texts)) <= MOST_CHARACTERS


def describe_inputs(texts):
    """Say what the linear model of these texts is fitted to."""
    return f"TF-IDF of words and pairs{', and of 3 to 5 letters' * counts_parts(texts)}"
