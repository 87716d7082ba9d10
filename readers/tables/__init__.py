"""Tables in text files: cells, columns, time stamps, and what their rows stand for."""
