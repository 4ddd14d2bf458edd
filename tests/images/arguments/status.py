import os

import netifaces

print(os.getcwd(), os.environ["APP_HOME"], netifaces.version)
