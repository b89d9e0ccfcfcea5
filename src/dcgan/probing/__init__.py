"""How well features tell classes apart: a linear SVM beside baselines (paper sections 5.1 and 5.2)."""
