"""calcguide: a health guide as linked data, validated and served."""
