import yaml

print(yaml.safe_load("say: hello")["say"].upper())
