"""What to do: budgets, and what they would bring."""
