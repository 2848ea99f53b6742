"""The speed of training: beside sentence-transformers' own trainer, and of each lever alone."""
