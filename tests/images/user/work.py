import getpass
import site

import netifaces

print(getpass.getuser(), netifaces.__file__.startswith(site.getusersitepackages()))
