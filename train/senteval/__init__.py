"""SentEval's tasks: graded similarity (STS), transfer by logistic regression, diagnostics.

Conneau and Kiela 2018 (arXiv 1803.05449). Protocols as sentence embeddings are compared by since
SimCSE (arXiv 2104.08821, §6.1 and App. B and E).
"""
