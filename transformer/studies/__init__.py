"""What the step pages measure beside the pass itself: one file a question, each of them on the loaded model.

Cuts of a sentence into pieces, neighbours of a word, facts and kinds of positions, word order, hidden units, the logit
lens, and masks to play with. None of them changes the model, which all visitors share.
"""
