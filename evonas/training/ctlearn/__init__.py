"""CTLearn's events: their tasks, and reading them once with its own reader."""
