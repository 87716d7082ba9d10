"""The linear model of texts: ridge regression on TF-IDF of words and pairs of words (Salton and Buckley 1988)."""

from core.lazy import lazy

text_features = lazy("sklearn.feature_extraction.text")
linear_model = lazy("sklearn.linear_model")
model_selection = lazy("sklearn.model_selection")

STRENGTHS = {"alpha": [0.3, 1.0, 3.0]}


def fit_predict(texts, targets, new_texts, split_words):
    """Learn numbers from texts and predict those of new ones; the strength is chosen by 3-fold cross-validation.

    Parameters: texts, new_texts, lists of strings; targets (n, outputs); split_words, function from a text to its
    words. Returns: (n_new, outputs).
    """
    min_texts = 2 if len(texts) >= 100 else 1  # that a word must stand in
    words_and_pairs = {"tokenizer": split_words, "token_pattern": None, "lowercase": False, "ngram_range": (1, 2)}
    features = text_features.TfidfVectorizer(**words_and_pairs, sublinear_tf=True, min_df=min_texts)
    try:
        x = features.fit_transform(texts)
    except ValueError:  # no word stands in two texts
        x = features.set_params(min_df=1).fit_transform(texts)
    ridge = linear_model.Ridge(solver="sparse_cg", tol=1e-3)
    search = model_selection.GridSearchCV(ridge, STRENGTHS, cv=min(3, len(texts)))
    return search.fit(x, targets).predict(features.transform(new_texts))
