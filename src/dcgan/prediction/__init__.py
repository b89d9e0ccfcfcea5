"""The next frames of a video: predicted one after the other, and measured against those that came (Mathieu 2016)."""
