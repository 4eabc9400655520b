"""From a file's table to areas that could be stored, with everything that forbids it told by row. Writes nothing."""
