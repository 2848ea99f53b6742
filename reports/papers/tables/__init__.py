"""What the papers' tables print, as data; `published_data` and `hyperparameters_data` read it."""
