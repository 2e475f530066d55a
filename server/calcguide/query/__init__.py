"""Evaluate SPARQL 1.1 queries: what is refused beforehand, what is answered, under which limits."""

from calcguide.query.evaluate import Answer, Kind, Query, evaluate
from calcguide.query.limits import Limits
from calcguide.query.workers import Workers

__all__ = ["Answer", "Kind", "Limits", "Query", "Workers", "evaluate"]
