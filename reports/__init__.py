"""Pages of symbolic results and of saved records; used from the command line (`reports build`)."""
