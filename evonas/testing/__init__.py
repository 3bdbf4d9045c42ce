"""Published tests and toys: contract tests for backends, stores and model families; a toy space and its evaluator."""

__all__: list[str] = []
