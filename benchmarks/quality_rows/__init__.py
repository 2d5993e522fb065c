"""Parts of benchmarks/quality.py: data, models, scores, searches, gradients, evaluation, tables."""
