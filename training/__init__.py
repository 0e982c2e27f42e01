"""How the extractor `mini` was made: images drawn by code, and a network that learns to tell them apart.

    python -m training --out FOLDER            # train, on a GPU where there is one

One direction: genes -> shapes (scenes) -> pictures (paint) -> sheets -> learn -> fold -> a weights file.
Nothing here is needed to run the app, and no photograph and no label takes part.
"""
