"""Opening a real place: an OpenStreetMap extract read and fitted in a child process, kept, looked at, then stored.

No Django in here. `plan` says what an extract would become, `kept` writes that to a file and reads it again, `apart`
does both in a child of bounded memory and time.
"""
