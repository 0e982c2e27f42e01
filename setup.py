"""What pyproject.toml cannot say: the wheel carries the folder assets/ as `dnacore.assets`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dnacore", "dnacore.*"]), "dnacore.assets"],
    package_dir={"dnacore.assets": "assets"},
    package_data={
        "dnacore": ["py.typed", "**/*.csv", "**/*.json"],
        "dnacore.assets": ["*.png", "*.safetensors", "calibrations/*.npz", "fonts/*"],
    },
)
