from setuptools import Extension, setup

setup(ext_modules=[Extension("tally.adding", ["src/tally/adding.c"])], package_dir={"": "src"}, packages=["tally"])
