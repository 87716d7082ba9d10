"""Groups that are in two official sets, that only one set has, or that are written in two ways: each is said."""

import numpy as np
import pytest

from tests.conftest import load

X, PLACE = np.random.default_rng(0).normal(size=(20, 6, 2)), np.arange(20)
WORDS = np.array(["ann", "eve"])[PLACE % 2]


def notes_of(path, groups):
    """Return what is said of groups, {name of a set: groups (20,)}, in an archive with a validation set."""
    sets = {f"X_{name}": X + k for k, name in enumerate(("train", "val", "test"))}
    sets |= {f"y_{name}": PLACE % 2 for name in ("train", "val", "test")}
    np.savez(path, **sets, **{f"groups_{name}": own for name, own in groups.items()})
    return [note for note in load(DATASET=str(path)).sequences.notes if "group" in note]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"train": PLACE % 4, "val": PLACE % 2 + 10, "test": PLACE % 2 + 20}, []),
        (
            {"train": PLACE % 4, "val": PLACE % 3 + 3, "test": PLACE % 2 + 20},
            ["1 of 3 groups of the validation set is in the training set too: its score tells how well they are known"],
        ),
        ({"test": PLACE % 2}, ["the training set has no groups, the test set has: whether one is in both cannot be"]),
        ({"train": PLACE % 2, "val": PLACE % 2 + 5}, ["the test set has no groups, the training set has: whether"]),
        ({"val": PLACE % 2}, ["groups are left out: the training set has none"]),
        (
            {"train": WORDS.astype("S"), "val": np.full(20, "tom"), "test": np.char.replace(WORDS, "ann", "kim")},
            ["1 of 2 groups of the test set is in the training set too: the score tells how well they are known"],
        ),
        (
            {name: np.array([f"0{k}", f"{k}"])[PLACE % 2] for k, name in enumerate(("train", "val", "test"))},
            ["groups that are the same number, written differently: '0', '00'; '01', '1'; '02', '2'"],
        ),
    ],
)
def test_groups_of_official_sets_are_compared(tmp_path, groups, said):
    found = notes_of(tmp_path / "d.npz", groups)
    assert len(found) == len(said) and all(note.startswith(own) for note, own in zip(found, said)), found
