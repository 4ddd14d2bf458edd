import sys

import netifaces

print(sys.prefix, "lo" in netifaces.interfaces())
