import pandas

frame = pandas.DataFrame({"town": ["a", "b", "a"], "rain": [1.5, 2.0, 0.5]})
print(frame.groupby("town")["rain"].sum().to_dict())
