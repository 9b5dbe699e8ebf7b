"""The command line as a stranger tests it: commands in, documents and exit codes out."""
