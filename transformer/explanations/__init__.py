"""Five answers to one question: which source words decided this word? Shown on Heads.

Attention weights are one of them, and the other four often disagree: Jain and Wallace, "Attention is not Explanation"
(2019); Wiegreffe and Pinter, "Attention is not not Explanation" (2019).
"""

from transformer.explanations.explain import METHODS, Explanations, explain, whole_model
from transformer.explanations.ranks import spearman

__all__ = ["METHODS", "Explanations", "explain", "spearman", "whole_model"]
