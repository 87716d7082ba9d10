"""Formats that are not read, and what leads on from each."""

PICKLE = "opening a pickle runs the code in it, so none is read. Where you trust it, save what it holds from Python: "
PANDAS = 'in Python, pandas.{}("{{name}}").to_csv("{{stem}}.csv") makes a table of it'
# Suffix: the way on from a file of this name.
WAYS_ON = {
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".pt", ".pth"),
        PICKLE + 'a DataFrame with df.to_csv("{stem}.csv"), arrays with np.savez("{stem}.npz", X=X, y=y)',
    ),
    **dict.fromkeys((".xls", ".xlsb", ".ods"), PANDAS.format("read_excel")),
    **dict.fromkeys((".sas7bdat", ".xpt"), PANDAS.format("read_sas")),
    ".sav": PANDAS.format("read_spss"),
    ".dta": PANDAS.format("read_stata"),
    ".orc": PANDAS.format("read_orc"),
    ".rds": 'in R, write.csv(readRDS("{name}"), "{stem}.csv", row.names = FALSE) makes a table of it',
    **dict.fromkeys((".rda", ".rdata"), 'in R, load("{name}"), then write.csv(...) of the table in it, makes one'),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), "unpack it, and name the folder or the file in it"),
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst"), "unpack it, and name the file in it"),
}


def way_on(path, allowed):
    """Say what leads on from a file of no known format, or from a folder of them, for the end of a message.

    allowed: suffixes to name where nothing else leads on.
    """
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if way := WAYS_ON.get(file.suffix.lower()):
            which = "" if file == path else f" for {file.name}"
            return f"{';' if which else ''}{which}: {way.format(name=file.name, stem=file.stem)}"
    return f"; allowed are {', '.join(allowed)}"
