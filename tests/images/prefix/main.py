import netifaces

print(netifaces.__file__)
