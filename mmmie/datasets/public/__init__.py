"""Public corpora, built on the user's machine from the files that their authors publish."""
