"""What a training loop imports: the labels, centroids and claims of a release, joined by frame.

It needs numpy and nothing else, so that a training environment can hold it beside any other package.
"""
