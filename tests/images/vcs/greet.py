import greeting
import netifaces

print(greeting.hello("you"), "lo" in netifaces.interfaces())
