"""One page a marketing lead would read: figures, tables, assumptions."""
