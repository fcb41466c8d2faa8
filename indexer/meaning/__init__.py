"""What does a text mean, whatever its words? A small model of language beside the word index: optional, offline, disposable.

    sources    what is in a sentence-transformers folder, read without running any of it
    transformer    its forward pass in numpy; exact, and slow for a library: the tier `full`
    static    a vector a token, distilled from it once; quick enough for every build: the tier `static`
    tokens    text to tokens
    models    the model of a library, in its folder models/
    vectors    the vectors of a library's threads, in its folder vectors/
    nearest    which threads are nearest to a question?

Nothing here makes a network connection, and nothing is unpickled. What only a model needs is imported when there is one.
"""
