"""Every analysis by the name that the command line and the pages use, in the order of the pages."""

NAMES = (
    "patches", "map", "occlusion", "gradient", "guided", "integrated", "gradcam", "maximise", "caricature", "dream",
    "invert", "filters", "path", "neighbours", "style", "cka", "poster",
)  # fmt: skip
