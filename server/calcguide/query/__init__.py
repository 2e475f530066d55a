"""Evaluate SPARQL 1.1 queries: what is refused beforehand, what is answered, under which limits."""

from calcguide.query.errands import Errands
from calcguide.query.evaluate import Answer, Kind, Query, evaluate
from calcguide.query.limits import Limits

__all__ = ["Answer", "Errands", "Kind", "Limits", "Query", "evaluate"]
