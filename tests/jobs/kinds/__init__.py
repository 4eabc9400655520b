"""An app that exists in tests only: kinds of job that a real worker process knows."""
