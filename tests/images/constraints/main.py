import importlib.metadata

import netifaces

print("lo" in netifaces.interfaces(), importlib.metadata.version("click"))
