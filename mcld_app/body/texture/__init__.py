"""The texture map: extraction, look-up by an IUV map, filling, completion, and the edits of its texels."""
