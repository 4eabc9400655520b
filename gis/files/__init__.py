"""One private store of what people add: pictures, drawn anew and without a word about where and with what."""
