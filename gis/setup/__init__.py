"""Sets this clone up and runs it: system packages, libraries by lock, PostGIS, a place's database, the server.

It runs under the system's own Python before anything is installed, so it imports nothing but the standard library
(`extensions.py` alone, which runs inside the virtual environment, uses psycopg).
"""
